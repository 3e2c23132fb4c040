import { parse } from 'csv-parse/sync';
import type { Layout } from './layout.ts';
import type { RecordChunk } from './record-chunks.ts';
import type { Rejection } from './rejection.ts';
import { csvLine, csvRejection, type ParsedRecords } from './staged-csv.ts';

/** A field with line ends in it may go on for this many lines; after that its quotation mark is taken for a slip. */
const linesOfRecordMax = 50;

/**
 * Tells the records of a chunk that have the right form from those that have not. Empty lines are neither. Every line
 * is looked at on its own, since a parser that lost its place after a stray quotation mark would lose good lines too.
 */
export function csvRecords(chunk: RecordChunk, layout: Layout): ParsedRecords {
  const lines = chunk.bytes.toString('utf8').split(/\r?\n/);
  const records: string[] = [];
  const rejections: string[] = [];
  let index = 0;
  while (index < lines.length) {
    const line = chunk.firstLine + index;
    const text = lines[index] ?? '';
    const found = text.includes('"')
      ? quotedRecord(lines, index, layout.delimiter)
      : { fields: text.split(layout.delimiter), lines: 1 };
    index += found?.lines ?? 1;
    if (text.trim() === '') continue;
    if (found === undefined) rejections.push(csvRejection(badQuoting(line, text)));
    else if (found.fields.length !== layout.columns.length) {
      rejections.push(csvRejection(wrongCount(line, text, found.fields.length, layout)));
    } else if (text.includes('\uFFFD') || text.includes('\0'))
      rejections.push(csvRejection(badText(line, text)));
    else records.push(csvLine([String(line), ...found.fields]));
  }
  return { records: records.join(''), rejections: rejections.join('') };
}

function quotedRecord(
  lines: readonly string[],
  first: number,
  delimiter: string,
): { fields: string[]; lines: number } | undefined {
  for (let count = 1; count <= linesOfRecordMax && first + count <= lines.length; count++) {
    const text = lines.slice(first, first + count).join('\n');
    try {
      const [fields] = parse(text, { relax_column_count: true, delimiter }) as string[][];
      return fields && { fields, lines: count };
    } catch (error) {
      if ((error as { code?: string }).code !== 'CSV_QUOTE_NOT_CLOSED') return undefined;
    }
  }
  return undefined;
}

function wrongCount(line: number, text: string, count: number, { columns, delimiter }: Layout): Rejection {
  return {
    line,
    // The first field that is not there, or nothing when there are too many.
    field: columns[count] ?? null,
    value: text,
    reason: `${columns.length} fields (${columns.join(delimiter)}), not ${count}`,
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

function badText(line: number, text: string): Rejection {
  return {
    line,
    field: null,
    value: text,
    reason: 'text in the encoding of the lines before; name another with --encoding',
  };
}
