import { type PollutantCode, pollutantCodes } from '../measurements/pollutants.ts';
import { type PlainUnit, plainUnit } from '../measurements/units.ts';

/** What a column can hold. A file is wide when pollutants are columns, long when each line has one parameter. */
export type ImportField =
  | 'time'
  | 'station'
  | 'name'
  | 'city'
  | 'latitude'
  | 'longitude'
  | 'parameter'
  | 'value'
  | 'unit'
  | PollutantCode;

export const importFields: readonly ImportField[] = [
  'time',
  'station',
  'name',
  'city',
  'latitude',
  'longitude',
  'parameter',
  'value',
  'unit',
  ...pollutantCodes,
];

/**
 * Names that headers use for a field, the more telling first: when a file has several, the first is taken. From this gateway's
 * files, OpenAQ's downloads of versions 1 to 3 and their archive, and pandas' flattened copies of them.
 */
const names: readonly (readonly [ImportField, readonly string[]])[] = [
  [
    'time',
    [
      'timeinstant',
      'date.utc',
      'date_utc',
      'datetimeutc',
      'datetime_utc',
      'utc',
      'datetime',
      'timestamp',
      'time',
    ],
  ],
  [
    'station',
    [
      'id_entity',
      'stationid',
      'station_id',
      'location.id',
      'location_id',
      'locationid',
      'location_code',
      'station',
    ],
  ],
  ['name', ['location.name', 'location_name', 'station_name', 'stationname', 'location', 'name']],
  ['city', ['city']],
  ['latitude', ['latitude', 'lat', 'coordinates.latitude']],
  ['longitude', ['longitude', 'lon', 'lng', 'coordinates.longitude']],
  ['parameter', ['parameter', 'pollutant', 'parameter.name']],
  ['value', ['value']],
  ['unit', ['unit', 'units', 'parameter.units']],
];

/** Columns of the same files that say nothing a measurement keeps. */
const ignored = new Set(
  (
    'country local date.local date_local datetimelocal datetime_local attribution sensors_id sensor_id sensorid ' +
    'sourcename source_name sourcetype source_type mobile ismobile isanalysis ismonitor owner_name provider ' +
    'timezone country_iso averagingperiod flag'
  ).split(' '),
);

export interface ColumnMeaning {
  readonly field: ImportField | 'ignore';
  /** 0 = the most telling name of its field. */
  readonly rank: number;
  /** A unit the header itself gives: `no2_ppb`, `NO2 (µg/m³)`. */
  readonly unit?: PlainUnit;
}

/** What a column is, by its name; undefined when the name says nothing. */
export function columnMeaning(column: string): ColumnMeaning | undefined {
  const name = column.trim().toLowerCase();
  for (const [field, known] of names) {
    const rank = known.indexOf(name);
    if (rank !== -1) return { field, rank };
  }
  if (ignored.has(name)) return { field: 'ignore', rank: 0 };
  const code = pollutantCode(name);
  if (code !== undefined) return { field: code, rank: 0 };
  const [, base = '', unitText = ''] = /^(.+?)[\s_]*(?:[([](.+)[)\]]|_(ug_?m3|mg_?m3|ppb|ppm))$/
    .exec(name)
    ?.map((part) => part ?? '') ?? ['', '', ''];
  const suffix = unitText || name.slice(base.length + 1);
  const unit = plainUnit(suffix.replaceAll('_', ''));
  const withUnit = pollutantCode(base);
  return withUnit !== undefined && unit !== undefined ? { field: withUnit, rank: 0, unit } : undefined;
}

/** The pollutant a name means: its code, or another usual spelling. */
export function pollutantCode(name: string): PollutantCode | undefined {
  const plain = name.trim().toLowerCase();
  return pollutantCodes.find((code) => spellings(code).includes(plain));
}

/** All spellings of a pollutant in files, lower case: `pm2_5`, `pm2.5`, `pm25`. */
export function spellings(code: PollutantCode): string[] {
  return [...new Set([code, code.replace('_', '.'), code.replace('_', ''), code.replace('_', ',')])];
}
