import { DateTime } from 'luxon';
import { z } from 'zod';
import { GatewayError } from '../errors.ts';
import { isTimeZone } from '../time-zone.ts';
import { airQualityIndexIds, findAirQualityIndex } from './air-quality-index/indexes.ts';
import { parseComparison } from './comparison.ts';
import { type ConcentrationUnits, massUnits } from './concentration.ts';
import type { ExportArguments } from './export.ts';
import { orderNames } from './measurements-url.ts';
import { pollutantCodes } from './pollutants.ts';
import type { CsvDialect, Presentation } from './presentation.ts';
import type { MeasurementArguments } from './selection.ts';
import { requestStatistics, statisticNames } from './statistics.ts';
import { list } from './text-list.ts';

/** A time instant as people write it: a date, or date and time with or without offset. */
const timeInstant = z
  .string()
  .refine(
    (text) =>
      /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?$/.test(text) &&
      DateTime.fromISO(text.replace(' ', 'T')).isValid,
    'is not a time instant',
  );
const number = z
  .string()
  .regex(/^\d{1,9}(\.\d{1,9})?$/, 'is not a number')
  .transform(Number);
const wholeNumber = z
  .string()
  .regex(/^\d{1,15}$/, 'is not a whole number')
  .transform(Number);
const numbers = (count: number) =>
  z
    .string()
    .regex(new RegExp(`^-?\\d+(\\.\\d+)?(,-?\\d+(\\.\\d+)?){${count - 1}}$`), `is not ${count} numbers`)
    .transform((text) => text.split(',').map(Number));
const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

const delimiters = {
  ',': ',',
  ';': ';',
  '|': '|',
  tab: '\t',
  comma: ',',
  semicolon: ';',
  pipe: '|',
} as const;
const headers = { true: 'names', false: 'none', units: 'units' } as const satisfies Record<
  string,
  CsvDialect['header']
>;
const keys = <Names extends Record<string, unknown>>(names: Names) =>
  Object.keys(names) as [keyof Names & string, ...(keyof Names & string)[]];

/**
 * The parameters by which text interfaces choose measurements and how they are written: the query of `/air_quality`, the
 * options of `measurement-app export`, and OpenAPI. Each description is also what an error says is accepted.
 */
export const airQualityParameters = z.object({
  id_entity: list(z.string())
    .optional()
    .meta({ description: 'station ids, repeated or comma-separated', examples: ['aq_salvia,aq_uam'] }),
  city: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'stations of this city', examples: ['Madrid'] }),
  bbox: numbers(4)
    .optional()
    .meta({
      description: 'stations in a box of degrees: west,south,east,north',
      examples: ['-3.8,40.3,-3.6,40.5'],
    }),
  near: numbers(2)
    .optional()
    .meta({
      description: 'stations within `radius` of a point: latitude,longitude',
      examples: ['40.42,-3.70'],
    }),
  radius: number.optional().meta({ description: 'metres around `near`', examples: ['1500'] }),
  from: timeInstant.optional().meta({
    description: 'first time instant: ISO 8601; without offset in `timezone`, a date alone is its midnight',
    examples: ['2016-10-01'],
  }),
  to: timeInstant.optional().meta({
    description: 'first time instant after the range: ISO 8601, as `from`',
    examples: ['2016-10-02T12:00:00Z'],
  }),
  pollutant: list(z.enum(pollutantCodes))
    .optional()
    .meta({
      description: `value columns, in the order wanted: any of ${pollutantCodes.join(', ')}`,
      examples: ['no2,pm10'],
    }),
  where: list(z.string())
    .optional()
    .meta({
      description: 'only rows whose values compare so, in stored units (µg/m³, co mg/m³): < <= = != >= >',
      examples: ['pm2_5>25'],
    }),
  order: z
    .enum(keys(orderNames))
    .default('time')
    .meta({
      description: 'time (then station), -time (the exact reverse) or station (then time)',
      examples: ['-time'],
    }),
  limit: wholeNumber
    .optional()
    .meta({ description: 'rows at most, a whole number; the Link header leads on', examples: ['1000'] }),
  after: z
    .string()
    .optional()
    .meta({
      description:
        'the row before the first: a cursor from a Link header or GraphQL, or the start of its CSV line',
      examples: ['2016-10-01T00:00:00.004Z,aq_salvia'],
    }),
  interval: z
    .string()
    .optional()
    .meta({
      description:
        'averages over periods instead of raw rows: 15m 1h 8h 1d 1w 1mo 1y or an ISO 8601 duration',
      examples: ['1d'],
    }),
  statistic: list(z.enum(statisticNames))
    .optional()
    .meta({
      description: `with \`interval\`, which: any of ${statisticNames.join(', ')}; default mean`,
      examples: ['mean,max,coverage'],
    }),
  units: z.enum(['ug/m3', 'ppb']).default('ug/m3').meta({
    description: 'ug/m3 (co in mg/m³) or ppb at `temperature` and 1013.25 hPa; particles stay in µg/m³',
  }),
  temperature: z
    .enum(['20', '25'])
    .default('20')
    .meta({ description: 'reference of ppb in °C: 20 (EU) or 25 (US)' }),
  index: list(z.enum(airQualityIndexIds as [string, ...string[]]))
    .optional()
    .meta({
      description: `adds air quality indices to raw rows: any of ${airQualityIndexIds.join(', ')}`,
      examples: ['eu-eaqi'],
    }),
  timezone: z
    .string()
    .refine(isTimeZone, 'is no time zone')
    .default('UTC')
    .meta({ description: 'IANA time zone of dates and of the times written', examples: ['Europe/Madrid'] }),
  decimals: wholeNumber
    .pipe(z.number().max(15, 'is more than 15'))
    .optional()
    .meta({ description: 'digits behind the decimal point, 0 to 15; default all', examples: ['2'] }),
  delimiter: z.enum(keys(delimiters)).optional().meta({
    description: 'CSV: , ; | or tab (comma, semicolon, pipe); default , or ; when decimal is a comma',
  }),
  decimal: z.enum(['.', ',']).default('.').meta({ description: 'CSV: decimal point . or comma ,' }),
  bom: flag
    .default(false)
    .meta({ description: 'CSV: true starts with a byte order mark, by which Excel knows UTF-8' }),
  header: z
    .enum(keys(headers))
    .default('true')
    .meta({ description: 'CSV: true (column names), units (a second line with units) or false' }),
  null: z
    .string()
    .max(20)
    .regex(/^[^"\r\n,;|\t]*$/, 'has a character that CSV needs')
    .default('')
    .meta({
      description: 'CSV: what stands for a value not reported, up to 20 characters',
      examples: ['NA'],
    }),
});

export type AirQualityParameters = z.output<typeof airQualityParameters>;

/**
 * What the parameters say to `resolveMeasurements` and to the export of its set.
 * @throws GatewayError INVALID_ARGUMENT, INVALID_INTERVAL for values that are wrong together or by themselves.
 */
export function airQualityArguments(parameters: AirQualityParameters): {
  readonly measurements: MeasurementArguments;
  readonly rendering: Omit<ExportArguments, 'format'>;
} {
  const { timezone } = parameters;
  return {
    measurements: {
      where: {
        stationIds: parameters.id_entity,
        from: instantOf(parameters.from, timezone),
        to: instantOf(parameters.to, timezone),
        pollutants: parameters.pollutant,
        place: placeOf(parameters),
        comparisons: parameters.where?.map(parseComparison),
      },
      orderBy: orderNames[parameters.order],
    },
    rendering: {
      limit: parameters.limit,
      after: parameters.after,
      presentation: presentationOf(parameters),
      statistics: statisticsOf(parameters),
      indexes: parameters.index?.map(findAirQualityIndex),
    },
  };
}

function instantOf(text: string | undefined, zone: string): Date | undefined {
  return text === undefined ? undefined : DateTime.fromISO(text.replace(' ', 'T'), { zone }).toJSDate();
}

function placeOf({ city, bbox, near, radius }: AirQualityParameters): MeasurementPlace {
  if ((near === undefined) !== (radius === undefined)) {
    const [given, missing] = near === undefined ? ['radius', 'near'] : ['near', 'radius'];
    throw new GatewayError('INVALID_ARGUMENT', `\`${given}\` needs \`${missing}\` beside it.`, {
      field: missing,
      hint: 'E.g. near=40.42,-3.70&radius=1500.',
    });
  }
  if (city === undefined && bbox === undefined && near === undefined) return undefined;
  const [west = 0, south = 0, east = 0, north = 0] = bbox ?? [];
  if (bbox !== undefined) {
    requireDegrees('bbox', [south, north], [west, east]);
    if (south > north) {
      throw new GatewayError('INVALID_ARGUMENT', 'The south of `bbox` lies north of its north.', {
        field: 'bbox',
        hint: 'The order is west,south,east,north.',
      });
    }
  }
  const [latitude = 0, longitude = 0] = near ?? [];
  if (near !== undefined) requireDegrees('near', [latitude], [longitude]);
  return {
    city,
    bbox: bbox && { west, south, east, north },
    near: near && { latitude, longitude, radius: radius as number },
  };
}

type MeasurementPlace = NonNullable<MeasurementArguments['where']>['place'];

function requireDegrees(field: string, latitudes: readonly number[], longitudes: readonly number[]): void {
  if (
    latitudes.every((value) => Math.abs(value) <= 90) &&
    longitudes.every((value) => Math.abs(value) <= 180)
  )
    return;
  throw new GatewayError('INVALID_ARGUMENT', `\`${field}\` has degrees that do not exist.`, {
    field,
    hint: 'Latitudes are -90 to 90, longitudes -180 to 180.',
  });
}

function presentationOf(parameters: AirQualityParameters): Presentation {
  const { decimal, delimiter = decimal === ',' ? ';' : ',' } = parameters;
  return {
    timezone: parameters.timezone,
    units: unitsOf(parameters),
    decimals: parameters.decimals ?? null,
    csv: {
      delimiter: delimiters[delimiter],
      decimal,
      bom: parameters.bom,
      header: headers[parameters.header],
      nullText: parameters.null,
    },
  };
}

function unitsOf({ units, temperature }: AirQualityParameters): ConcentrationUnits {
  return units === 'ppb' ? { kind: 'ppb', celsius: temperature === '25' ? 25 : 20 } : massUnits;
}

function statisticsOf(parameters: AirQualityParameters): ExportArguments['statistics'] {
  const { interval, statistic, timezone } = parameters;
  if (interval !== undefined) {
    return requestStatistics({
      interval,
      timezone,
      units: unitsOf(parameters),
      statistics: statistic ?? ['mean'],
    });
  }
  if (statistic === undefined) return undefined;
  throw new GatewayError('INVALID_ARGUMENT', '`statistic` needs `interval` beside it.', {
    field: 'interval',
    hint: 'E.g. interval=1d&statistic=mean,max.',
  });
}
