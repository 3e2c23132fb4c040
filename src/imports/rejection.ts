import { pollutants } from '../measurements/pollutants.ts';

/** One line of a source that was not loaded. */
export interface Rejection {
  /** The file's first line is 1. */
  readonly line: number;
  /** Column as the file names it; null = the line as a whole. */
  readonly field: string | null;
  /** What stands there; null = nothing. */
  readonly value: string | null;
  /** What is accepted. */
  readonly reason: string;
}

/** Years a time may lie in: wide enough for any record, narrow enough to catch a slipped digit. */
export const years = { first: 1900, last: 2199 } as const;

/** The form of a station id; the same rule as the database's check `station_id_form`. */
export const stationIdForm = '^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$';

export const acceptedTime =
  `a date and time from ${years.first} to ${years.last} such as 2016-10-01 00:15:00.004 (UTC) or ` +
  '2016-10-01T00:15:00+02:00';

export const acceptedStationId =
  '1 to 64 letters, digits, "_", ".", ":" or "-", the first a letter or digit, such as aq_salvia';

export const acceptedPlausible = `a number in the plausible range of its parameter once converted, or nothing: ${pollutants
  .map(({ code, plausibleRange: [minimum, maximum], unit }) => `${code} ${minimum} to ${maximum} ${unit}`)
  .join(', ')}`;

/** What a zone whose clocks change accepts without an offset. */
export function acceptedLocalTime(zone: string): string {
  return `a local time that exists once in ${zone}; give an offset in the file, or a fixed one with --timezone`;
}

/** What a value column of a pollutant accepts, in words. */
export function acceptedValue(code: string): string {
  const pollutant = pollutants.find((candidate) => candidate.code === code);
  if (pollutant === undefined) return 'a number';
  const [minimum, maximum] = pollutant.plausibleRange;
  return `a number from ${minimum} to ${maximum} (${pollutant.unit}), or nothing`;
}

/** `line 17, field pm10: "abc" is not accepted; accepted: a number from …` */
export function describeRejection({ line, field, value, reason }: Rejection): string {
  const where = field === null ? `line ${line}` : `line ${line}, field ${field}`;
  const found =
    value === null ? 'nothing' : JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  return `${where}: found ${found}; accepted: ${reason}`;
}
