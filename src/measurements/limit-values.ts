import { GatewayError } from '../errors.ts';
import type { PollutantCode } from './pollutants.ts';

/** How concentrations are averaged before they are compared: `dailyMaximum8h` is the greatest 8-hour running mean of a day. */
export type LimitAveraging = 'hour' | 'dailyMaximum8h' | 'day' | 'year';

/** A level that averages of a pollutant shall not be above, or not more often than allowed. */
export interface LimitValue {
  /** E.g. `eu-2024-2881-pm10-day`. */
  readonly id: string;
  readonly standard: 'eu-2024-2881' | 'who-2021';
  readonly pollutant: PollutantCode;
  readonly averaging: LimitAveraging;
  /** In the pollutant's own unit: µg/m³, co in mg/m³. */
  readonly value: number;
  /** Averages above the value that a calendar year may have. */
  readonly allowedPerYear: number;
  /** First day on which it binds; null for guidelines, which do not. */
  readonly bindingFrom: string | null;
  /** Whether it was confirmed in more than one source. */
  readonly verified: boolean;
}

type Row = [LimitValue['pollutant'], LimitAveraging, value: number, allowedPerYear: number];

/**
 * WHO global air quality guidelines 2021 (ISBN 978-92-4-003422-8, table 0.1). Daily and 8-hour levels are 99th percentiles
 * of a year, that is 3 or 4 days: 3 are allowed here. The peak-season level of ozone (60 µg/m³) is not in this list.
 */
const who: readonly Row[] = [
  ['pm2_5', 'year', 5, 0],
  ['pm2_5', 'day', 15, 3],
  ['pm10', 'year', 15, 0],
  ['pm10', 'day', 45, 3],
  ['no2', 'year', 10, 0],
  ['no2', 'day', 25, 3],
  ['o3', 'dailyMaximum8h', 100, 3],
  ['so2', 'day', 40, 3],
  ['co', 'day', 4, 3],
];

/**
 * Directive (EU) 2024/2881, annex I, binding from 1 January 2030. The target value of ozone allows 18 days as a mean of
 * three years; here each year is judged by itself.
 */
const eu: readonly Row[] = [
  ['pm2_5', 'year', 10, 0],
  ['pm2_5', 'day', 25, 18],
  ['pm10', 'year', 20, 0],
  ['pm10', 'day', 45, 18],
  ['no2', 'year', 20, 0],
  ['no2', 'day', 50, 18],
  ['no2', 'hour', 200, 3],
  ['so2', 'year', 20, 0],
  ['so2', 'day', 50, 18],
  ['so2', 'hour', 350, 3],
  ['co', 'dailyMaximum8h', 10, 0],
  ['co', 'day', 4, 18],
  ['o3', 'dailyMaximum8h', 120, 18],
];

const averagingNames: Record<LimitAveraging, string> = {
  hour: 'hour',
  dailyMaximum8h: '8h',
  day: 'day',
  year: 'year',
};

function limitValuesOf(
  standard: LimitValue['standard'],
  rows: readonly Row[],
  bindingFrom: string | null,
): LimitValue[] {
  return rows.map(([pollutant, averaging, value, allowedPerYear]) => ({
    id: `${standard}-${pollutant}-${averagingNames[averaging]}`,
    standard,
    pollutant,
    averaging,
    value,
    allowedPerYear,
    bindingFrom,
    verified: standard === 'who-2021' || averaging === 'year',
  }));
}

/** Every limit and guideline value there is. */
export const limitValues: readonly LimitValue[] = [
  ...limitValuesOf('eu-2024-2881', eu, '2030-01-01'),
  ...limitValuesOf('who-2021', who, null),
];

/** @throws GatewayError INVALID_ARGUMENT naming the values there are. */
export function findLimitValue(id: string): LimitValue {
  const found = limitValues.find((candidate) => candidate.id === id);
  if (found !== undefined) return found;
  throw new GatewayError('INVALID_ARGUMENT', `There is no limit value ${JSON.stringify(id)}.`, {
    field: 'limitValue',
    hint: `Accepted: ${limitValues.map((value) => value.id).join(', ')}.`,
  });
}
