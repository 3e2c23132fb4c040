import type { Layout } from './layout.ts';
import type { RecordChunk } from './record-chunks.ts';
import type { Rejection } from './rejection.ts';
import { csvLine, csvRejection, type ParsedRecords } from './staged-csv.ts';

/** The keys of the objects in a chunk, in the order they turn up. Lines that are no objects have none. */
export function ndjsonKeys(chunk: RecordChunk): string[] {
  const keys = new Set<string>();
  for (const text of chunk.bytes.toString('utf8').split('\n')) {
    for (const key of Object.keys(parsedObject(text) ?? {})) keys.add(key);
  }
  return [...keys];
}

/** Turns lines of JSON objects into records of the layout, whose columns are the keys; an absent key is nothing. */
export function ndjsonRecords(chunk: RecordChunk, layout: Layout): ParsedRecords {
  const columns = new Set(layout.columns);
  const records: string[] = [];
  const rejections: string[] = [];
  const reject = (line: number, field: string | null, value: string, reason: string) => {
    rejections.push(csvRejection({ line, field, value, reason } satisfies Rejection));
  };
  for (const [index, text] of chunk.bytes.toString('utf8').split('\n').entries()) {
    if (text.trim() === '') continue;
    const line = chunk.firstLine + index;
    const object = parsedObject(text);
    if (object === undefined) {
      reject(line, null, text, 'one JSON object a line');
      continue;
    }
    const stranger = Object.keys(object).find((key) => !columns.has(key));
    const nested = Object.entries(object).find(([, value]) => typeof value === 'object' && value !== null);
    if (stranger !== undefined) reject(line, stranger, text, `the keys ${layout.columns.join(', ')}`);
    else if (nested !== undefined) reject(line, nested[0], text, 'a string, a number or null');
    else records.push(csvLine([String(line), ...layout.columns.map((column) => fieldText(object[column]))]));
  }
  return { records: records.join(''), rejections: rejections.join('') };
}

function parsedObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function fieldText(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}
