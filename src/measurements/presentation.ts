import { type ConcentrationUnits, massUnits } from './concentration.ts';

/** How exported values are written; says nothing about which rows there are. */
export interface Presentation {
  /** IANA zone that times are written in; in UTC they end in `Z`, elsewhere in their offset. */
  readonly timezone: string;
  readonly units: ConcentrationUnits;
  /** Digits behind the decimal point; null = as many as the stored double has. */
  readonly decimals: number | null;
  readonly csv: CsvDialect;
}

/** How CSV is written; the default is RFC 4180 with `\n`. */
export interface CsvDialect {
  readonly delimiter: ',' | ';' | '\t' | '|';
  readonly decimal: '.' | ',';
  /** Start with a byte order mark, by which Excel knows UTF-8. */
  readonly bom: boolean;
  /** `names`: one line of column names. `units`: a second line with their units. */
  readonly header: 'names' | 'units' | 'none';
  /** What stands for a value that was not reported. */
  readonly nullText: string;
}

export const defaultPresentation: Presentation = Object.freeze({
  timezone: 'UTC',
  units: massUnits,
  decimals: null,
  csv: Object.freeze({ delimiter: ',', decimal: '.', bom: false, header: 'names', nullText: '' }),
});
