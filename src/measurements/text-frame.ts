import { csvPreamble } from './copy-sql.ts';
import type { CopyFrame } from './copy-stream.ts';
import type { ExportFormat } from './export.ts';
import type { ExportColumn } from './export-columns.ts';
import type { CsvDialect } from './presentation.ts';

/** What stands around the rows of a text format, apart from the header that COPY itself writes. */
export function frameOf(columns: readonly ExportColumn[], format: ExportFormat, csv: CsvDialect): CopyFrame {
  if (format === 'json') {
    // Every row starts with a comma; the first one's is left out.
    return { head: '{"measurements":[\n', skip: 1, tail: ']}\n', empty: '{"measurements":[]}\n' };
  }
  const head = format === 'csv' ? csvPreamble(columns, csv) : '';
  return { head, skip: 0, tail: '', empty: head };
}
