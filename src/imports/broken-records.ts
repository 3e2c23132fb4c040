import { parse } from 'csv-parse/sync';
import type { Layout } from './layout.ts';
import type { RecordChunk } from './record-chunks.ts';
import type { Rejection } from './rejection.ts';

/** What can be saved of a chunk that COPY refused: both parts as CSV, each record led by its line. */
export interface BrokenRecords {
  /** line, then the fields of the layout. */
  readonly records: string;
  /** line, field, value, reason. */
  readonly rejections: string;
}

/** A field with line ends in it may go on for this many lines; after that its quotation mark is taken for a slip. */
const linesOfRecordMax = 50;

/**
 * Tells the records of a chunk that have the right form from those that have not. Empty lines are neither. Every line is looked
 * at on its own, since a parser that lost its place after a stray quotation mark would lose good lines too.
 */
export function brokenRecords(chunk: RecordChunk, layout: Layout): BrokenRecords {
  const lines = chunk.bytes.toString('utf8').split(/\r?\n/);
  const records: string[] = [];
  const rejections: string[] = [];
  let index = 0;
  while (index < lines.length) {
    const line = chunk.firstLine + index;
    const text = lines[index] ?? '';
    const found = text.includes('"') ? quotedRecord(lines, index) : { fields: text.split(','), lines: 1 };
    index += found?.lines ?? 1;
    if (text.trim() === '') continue;
    if (found === undefined) rejections.push(csvRejection(badQuoting(line, text)));
    else if (found.fields.length !== layout.columns.length) {
      rejections.push(csvRejection(wrongCount(line, text, found.fields.length, layout)));
    } else records.push(csvLine([String(line), ...found.fields]));
  }
  return { records: records.join(''), rejections: rejections.join('') };
}

function quotedRecord(
  lines: readonly string[],
  first: number,
): { fields: string[]; lines: number } | undefined {
  for (let count = 1; count <= linesOfRecordMax && first + count <= lines.length; count++) {
    const text = lines.slice(first, first + count).join('\n');
    try {
      const [fields] = parse(text, { relax_column_count: true }) as string[][];
      return fields && { fields, lines: count };
    } catch (error) {
      if ((error as { code?: string }).code !== 'CSV_QUOTE_NOT_CLOSED') return undefined;
    }
  }
  return undefined;
}

function wrongCount(line: number, text: string, count: number, { columns }: Layout): Rejection {
  return {
    line,
    // The first field that is not there, or nothing when there are too many.
    field: columns[count] ?? null,
    value: text,
    reason: `${columns.length} fields (${columns.join(',')}), not ${count}`,
  };
}

function badQuoting(line: number, text: string): Rejection {
  return {
    line,
    field: null,
    value: text,
    reason: 'a field in quotation marks begins and ends with one, and "" stands for one inside',
  };
}

function csvRejection({ line, field, value, reason }: Rejection): string {
  return csvLine([String(line), field, value, reason]);
}

function csvLine(fields: readonly (string | null)[]): string {
  return `${fields.map(csvField).join(',')}\n`;
}

function csvField(field: string | null): string {
  if (field === null || field === '') return '';
  return /[",\r\n\\]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
