import { Readable } from 'node:stream';
import type pg from 'pg';
import { openCopyStream } from './copy-stream.ts';
import { decodeCursor } from './cursor.ts';
import type { MeasurementSelection } from './selection.ts';
import { bindLiterals, selectionSql, timeInstantText } from './selection-sql.ts';

export type ExportFormat = 'csv' | 'json' | 'ndjson';

export interface ExportArguments {
  readonly format: ExportFormat;
  /** Rows at most; all of them when absent. */
  readonly limit?: number | undefined;
  /** Cursor of the row before the first one. */
  readonly after?: string | undefined;
}

/**
 * Streams the raw rows of a selection as PostgreSQL itself prints them; JavaScript touches no row.
 * csv: RFC 4180 with header, `\n`. ndjson: one object a line. json: `{"measurements":[…]}`.
 * @throws GatewayError INVALID_CURSOR.
 */
export async function exportMeasurements(
  pool: pg.Pool,
  selection: MeasurementSelection,
  { format, limit, after }: ExportArguments,
): Promise<Readable> {
  const key = after === undefined ? undefined : decodeCursor(selection.order, after);
  const source = `${selectionSql(selection, bindLiterals, key)}${limit === undefined ? '' : ` limit ${limit}`}`;
  const stream = await openCopyStream(pool, copySql(selection, format, source));
  return format === 'json' ? Readable.from(wrapJson(stream), { objectMode: false }) : stream;
}

function copySql({ pollutants }: MeasurementSelection, format: ExportFormat, source: string): string {
  if (format === 'csv') {
    const columns = [`${timeInstantText} as "TimeInstant"`, 'id_entity', ...pollutants];
    return `copy (select ${columns.join(', ')} ${source}) to stdout with (format csv, header true)`;
  }
  // COPY's text format escapes only backslash, tab and line ends; neither ids, times nor finite numbers have any.
  const values = pollutants.map((code) => `',"${code}":' || coalesce(${code}::text, 'null')`);
  const separator = format === 'json' ? ',' : '';
  const row = `'${separator}{"TimeInstant":"' || ${timeInstantText} || '","id_entity":"' || id_entity || '"' || ${values.join(' || ')} || '}'`;
  return `copy (select ${row} ${source}) to stdout`;
}

/** Every row starts with a comma; the first one's is dropped. */
async function* wrapJson(rows: AsyncIterable<Buffer>): AsyncGenerator<Buffer | string> {
  yield '{"measurements":[\n';
  let first = true;
  for await (const chunk of rows) {
    yield first ? chunk.subarray(1) : chunk;
    first = false;
  }
  yield ']}\n';
}
