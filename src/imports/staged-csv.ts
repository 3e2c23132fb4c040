import type { Rejection } from './rejection.ts';

/** What a parser made of a chunk: both parts as CSV for COPY, each record led by its line. */
export interface ParsedRecords {
  /** line, then the fields of the layout. */
  readonly records: string;
  /** line, field, value, reason. */
  readonly rejections: string;
}

export function csvRejection({ line, field, value, reason }: Rejection): string {
  return csvLine([String(line), field, value, reason]);
}

/** Empty and null are the same: nothing. */
export function csvLine(fields: readonly (string | null)[]): string {
  return `${fields.map(csvField).join(',')}\n`;
}

function csvField(field: string | null): string {
  if (field === null || field === '') return '';
  // PostgreSQL has no text with a zero byte.
  const text = field.includes('\0') ? field.replaceAll('\0', '\uFFFD') : field;
  // A backslash, since `\.` alone on a line ends the data before PostgreSQL 18.
  return /[",\r\n\\]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
