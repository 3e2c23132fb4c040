import { parse } from 'csv-parse/sync';
import { GatewayError } from '../errors.ts';
import { type PollutantCode, pollutantCodes } from '../measurements/pollutants.ts';

/** Which column of a file holds what. Columns are counted from 0. */
export interface Layout {
  /** Names as the header writes them. */
  readonly columns: readonly string[];
  readonly time: number;
  readonly station: number;
  readonly values: readonly { readonly code: PollutantCode; readonly column: number }[];
}

const accepted = `Accepted: a header of TimeInstant, id_entity and at least one of ${pollutantCodes.join(', ')}, in any order.`;

/**
 * Reads what the columns of a CSV mean from its header line.
 * @throws GatewayError INVALID_SOURCE naming the column that is unknown, missing or given twice.
 */
export function readLayout(header: Buffer): Layout {
  const columns = headerFields(header);
  const names = columns.map((column) => column.toLowerCase());
  const repeated = names.findIndex((name, index) => names.indexOf(name) !== index);
  if (repeated !== -1) throw headerError(`names the column "${columns[repeated]}" twice.`, columns[repeated]);
  const known = new Set<string>(['timeinstant', 'id_entity', ...pollutantCodes]);
  const unknown = columns.find((_, index) => !known.has(names[index] ?? ''));
  if (unknown !== undefined) throw headerError(`has an unknown column "${unknown}".`, unknown);
  const required = (name: string): number => {
    const column = names.indexOf(name.toLowerCase());
    if (column === -1) throw headerError(`has no column "${name}".`, name);
    return column;
  };
  const time = required('TimeInstant');
  const station = required('id_entity');
  const values = pollutantCodes
    .map((code) => ({ code, column: names.indexOf(code) }))
    .filter(({ column }) => column !== -1);
  if (values.length === 0) throw headerError('names no pollutant.');
  return { columns, time, station, values };
}

function headerFields(header: Buffer): string[] {
  const text = header.toString('utf8').replace(/^\uFEFF/, '');
  try {
    const [fields] = parse(text, { to: 1, trim: true }) as string[][];
    if (fields?.some((field) => field !== '')) return fields;
  } catch {
    // Told below in the words of this format.
  }
  throw headerError('cannot be read.');
}

function headerError(problem: string, field?: string): GatewayError {
  return new GatewayError('INVALID_SOURCE', `Line 1: the header ${problem}`, {
    hint: accepted,
    ...(field !== undefined && { field }),
  });
}
