import { parse } from 'csv-parse/sync';
import { GatewayError } from '../errors.ts';
import { type PollutantCode, pollutantCodes, pollutants } from '../measurements/pollutants.ts';
import { conversionFactor, type PlainUnit, plainUnit, plainUnits } from '../measurements/units.ts';
import { nearestName } from '../nearest-name.ts';
import { columnMeaning, type ImportField, importFields, pollutantCode, spellings } from './column-fields.ts';
import { detectDecimal, detectDelimiter } from './csv-dialect.ts';
import type { ReadOptions } from './read-options.ts';

/** Which column of a source holds what, and how it is written. Columns are counted from 0. */
export interface Layout {
  readonly format: 'csv' | 'ndjson';
  /** Names as the source writes them. */
  readonly columns: readonly string[];
  readonly delimiter: string;
  readonly decimal: '.' | ',';
  readonly time: number;
  /** Subtracted from every time: the averaging period of sources that stamp its end. */
  readonly shiftMinutes: number;
  readonly station: number;
  /** The station column holds a name, from which an id is made. */
  readonly stationByName: boolean;
  readonly details: Readonly<Partial<Record<'name' | 'city' | 'latitude' | 'longitude', number>>>;
  /** Columns of a wide file; empty when it is long. */
  readonly values: readonly WideColumn[];
  readonly long: LongColumns | undefined;
}

export interface WideColumn {
  readonly code: PollutantCode;
  readonly column: number;
  /** Multiplies the value into the pollutant's unit. */
  readonly factor: number;
}

export interface LongColumns {
  readonly parameter: number;
  readonly value: number;
  readonly unit: number | undefined;
  /** Parameter in lower case -> its pollutant; null = its lines are left out. */
  readonly codes: ReadonlyMap<string, PollutantCode | null>;
  /** Factor by pollutant and plain unit; '' is the unit of lines that give none. */
  readonly factors: ReadonlyMap<PollutantCode, ReadonlyMap<PlainUnit | '', number>>;
}

/** Pollutants the source can hold, in their usual order. */
export function layoutCodes(layout: Layout): PollutantCode[] {
  return pollutantCodes.filter(
    (code) => layout.long !== undefined || layout.values.some((value) => value.code === code),
  );
}

const accepted =
  'Accepted: a time column (TimeInstant, datetime, utc …), a station column (id_entity, location_id, location …) and ' +
  `either one column a pollutant (${pollutantCodes.join(', ')}; also with its unit, no2_ppb) or the columns parameter and ` +
  'value. Name others with --map COLUMN=FIELD; --map COLUMN=ignore leaves one out.';

/**
 * Reads what the columns of a CSV mean from its header line and how values are written from the lines below it.
 * @throws GatewayError INVALID_SOURCE naming the column that is unknown, missing or given twice.
 */
export function readCsvLayout(beginning: Buffer, options: ReadOptions): Layout {
  const lines = beginning.toString('utf8', 0, 65_536).split(/\r?\n/);
  const header = lines[0] ?? '';
  const delimiter = options.delimiter ?? detectDelimiter(header);
  const layout = readLayout('csv', headerFields(header, delimiter), options);
  const valueColumns =
    layout.long === undefined ? layout.values.map(({ column }) => column) : [layout.long.value];
  return {
    ...layout,
    delimiter,
    decimal: options.decimal ?? detectDecimal(lines.slice(1, -1), delimiter, valueColumns),
  };
}

/** The same for NDJSON, where the keys are the columns. */
export function readNdjsonLayout(keys: readonly string[], options: ReadOptions): Layout {
  return readLayout('ndjson', keys, options);
}

function readLayout(format: Layout['format'], columns: readonly string[], options: ReadOptions): Layout {
  const map = readMap(options.map ?? {});
  const byField = new Map<ImportField, { column: number; rank: number; unit?: PlainUnit }>();
  for (const [column, name] of columns.entries()) {
    const meaning = map.has(name.toLowerCase())
      ? { field: map.get(name.toLowerCase()) ?? ('ignore' as const), rank: -1 }
      : columnMeaning(name);
    if (meaning === undefined) throw unknownColumn(name);
    if (meaning.field === 'ignore') continue;
    const other = byField.get(meaning.field);
    if (other?.rank === meaning.rank) throw givenTwice(columns[other.column] ?? '', name);
    if (other === undefined || meaning.rank < other.rank) byField.set(meaning.field, { ...meaning, column });
  }
  const columnOf = (field: ImportField) => byField.get(field)?.column;
  const time = columnOf('time');
  if (time === undefined)
    throw headerError('has no column for the time, such as "TimeInstant".', 'TimeInstant');
  const byName = columnOf('station') === undefined;
  const station = columnOf('station') ?? columnOf('name');
  if (station === undefined)
    throw headerError('has no column for the station, such as "id_entity".', 'id_entity');
  const celsius = options.celsius ?? 20;
  const given = readUnits(options.units ?? {});
  const [parameter, value] = [columnOf('parameter'), columnOf('value')];
  const long =
    parameter === undefined || value === undefined
      ? undefined
      : {
          parameter,
          value,
          unit: columnOf('unit'),
          codes: parameterCodes(map),
          factors: longFactors(given, celsius),
        };
  const values = pollutantCodes.flatMap((code) => {
    const found = byField.get(code);
    if (found === undefined || long !== undefined) return [];
    return [{ code, column: found.column, factor: wideFactor(code, found.unit ?? given.get(code), celsius) }];
  });
  if (long === undefined && values.length === 0) throw headerError('names no pollutant.');
  const details: Record<string, number> = {};
  for (const field of ['name', 'city', 'latitude', 'longitude'] as const) {
    const column = columnOf(field);
    if (column !== undefined) details[field] = column;
  }
  const shiftMinutes = options.timestamps === 'end' ? (options.periodMinutes ?? 15) : 0;
  return {
    format,
    columns,
    delimiter: ',',
    decimal: '.',
    time,
    shiftMinutes,
    station,
    stationByName: byName,
    details,
    values,
    long,
  };
}

function headerFields(header: string, delimiter: string): string[] {
  try {
    const [fields] = parse(header, { to: 1, trim: true, delimiter }) as string[][];
    if (fields?.some((field) => field !== '')) return fields;
  } catch {
    // Told below in the words of this format.
  }
  throw headerError('cannot be read.');
}

/** Name in lower case -> field. Names are columns, or parameters of a long file. */
function readMap(map: Readonly<Record<string, string>>): Map<string, ImportField | 'ignore'> {
  const read = new Map<string, ImportField | 'ignore'>();
  for (const [name, meaning] of Object.entries(map)) {
    const known = [...importFields, 'ignore'] as const;
    const field = known.find((candidate) => candidate === meaning) ?? pollutantCode(meaning);
    if (field === undefined) {
      const nearest = nearestName(meaning, known);
      throw new GatewayError('INVALID_ARGUMENT', `${name} cannot be mapped to "${meaning}".`, {
        field: 'map',
        hint: `${nearest === undefined ? '' : `Did you mean ${nearest}? `}Accepted: ${known.join(', ')}.`,
      });
    }
    read.set(name.trim().toLowerCase(), field);
  }
  return read;
}

function readUnits(units: Readonly<Record<string, string>>): Map<PollutantCode, PlainUnit> {
  return new Map(
    Object.entries(units).map(([name, text]) => {
      const [code, unit] = [pollutantCode(name), plainUnit(text)];
      if (code !== undefined && unit !== undefined) return [code, unit];
      throw new GatewayError('INVALID_ARGUMENT', `The unit ${name}=${text} is not known.`, {
        field: 'units',
        hint: `Accepted: ${pollutantCodes.join(', ')} = ${plainUnits.join(', ')}.`,
      });
    }),
  );
}

function wideFactor(code: PollutantCode, unit: PlainUnit | undefined, celsius: number): number {
  const pollutant = pollutants.find((candidate) => candidate.code === code);
  if (unit === undefined || pollutant === undefined) return 1;
  const factor = conversionFactor(pollutant, unit, celsius);
  if (factor !== undefined) return factor;
  throw headerError(`gives ${code} in ${unit}, which has no conversion to ${pollutant.unit}.`, code);
}

function parameterCodes(map: ReadonlyMap<string, ImportField | 'ignore'>): Map<string, PollutantCode | null> {
  const codes = new Map<string, PollutantCode | null>();
  for (const code of pollutantCodes) for (const spelling of spellings(code)) codes.set(spelling, code);
  for (const [name, field] of map) {
    if (field === 'ignore') codes.set(name, null);
    else if (pollutantCodes.includes(field as PollutantCode)) codes.set(name, field as PollutantCode);
  }
  return codes;
}

function longFactors(given: ReadonlyMap<PollutantCode, PlainUnit>, celsius: number): LongColumns['factors'] {
  return new Map(
    pollutants.map((pollutant) => {
      const factors = new Map<PlainUnit | '', number>();
      for (const unit of plainUnits) {
        const factor = conversionFactor(pollutant, unit, celsius);
        if (factor !== undefined) factors.set(unit, factor);
      }
      const unstated = given.get(pollutant.code);
      factors.set('', unstated === undefined ? 1 : (factors.get(unstated) ?? 1));
      return [pollutant.code, factors];
    }),
  );
}

function unknownColumn(column: string): GatewayError {
  return headerError(`has an unknown column "${column}".`, column);
}

function givenTwice(first: string, second: string): GatewayError {
  return headerError(
    `names the column "${second}" twice${first === second ? '' : ` (as "${first}")`}.`,
    second,
  );
}

function headerError(problem: string, field?: string): GatewayError {
  return new GatewayError('INVALID_SOURCE', `Line 1: the header ${problem}`, {
    hint: accepted,
    ...(field !== undefined && { field }),
  });
}
