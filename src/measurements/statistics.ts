import type pg from 'pg';
import { createStatementNames } from '../database/statement-names.ts';
import { requireTimeZone } from '../time-zone.ts';
import { type AveragingInterval, parseAveragingInterval } from './averaging-interval.ts';
import { type ConcentrationUnits, massUnits } from './concentration.ts';
import type { PollutantCode } from './pollutants.ts';
import type { MeasurementSelection } from './selection.ts';
import { bindParameters } from './selection-sql.ts';
import { type StatisticsKey, statisticsSql } from './statistics-sql.ts';

/**
 * Statistics of the observations in a period. `count` and `coverage` are `observedCount` and `percentCoverage` under
 * their short names. Standard deviation is that of a sample (n - 1); percentiles interpolate linearly.
 */
export const statisticNames = [
  'mean',
  'min',
  'max',
  'median',
  'p95',
  'p98',
  'stddev',
  'count',
  'coverage',
] as const;
export type StatisticName = (typeof statisticNames)[number];

const named = createStatementNames();

/** What a caller may say about the averages it wants. */
export interface StatisticsArguments {
  /** `15m 1h 8h 1d 1w 1mo 1y` or an ISO 8601 duration. */
  readonly interval: string;
  /** IANA zone whose hours, days and months are meant; absent = each station's own. */
  readonly timezone?: string | null | undefined;
  /** Which statistics, in the order they are wanted; absent = all of them. */
  readonly statistics?: readonly StatisticName[] | null | undefined;
  readonly units?: ConcentrationUnits | undefined;
  /** False leaves out what is expected (and with it the shares and the validity), which costs a look at each station. */
  readonly coverage?: boolean | undefined;
}

/** Which averages: validated, immutable. */
export interface StatisticsRequest {
  readonly interval: AveragingInterval;
  readonly timezone: string | null;
  readonly statistics: readonly StatisticName[];
  readonly units: ConcentrationUnits;
  readonly coverage: boolean;
}

/** @throws GatewayError INVALID_INTERVAL; INVALID_TIMEZONE. */
export function requestStatistics(args: StatisticsArguments): StatisticsRequest {
  return Object.freeze({
    interval: parseAveragingInterval(args.interval),
    timezone: args.timezone == null ? null : requireTimeZone(args.timezone),
    statistics: args.statistics ?? statisticNames,
    units: args.units ?? massUnits,
    coverage: args.coverage ?? true,
  });
}

/** Statistics of one pollutant at one station over one period. Values are null only where not asked for. */
export type PeriodStatistics = {
  /** First instant of the period and first instant after it; ISO 8601, UTC, milliseconds. */
  readonly periodStart: string;
  readonly periodEnd: string;
  readonly stationId: string;
  readonly pollutant: PollutantCode;
  /** How many observations a station without gaps makes in the whole period (station-step-sql.ts). */
  readonly expectedCount: number;
  readonly observedCount: number;
  /** 100 · observedCount / expectedCount; above 100 when a station reported more often than it usually does. */
  readonly percentComplete: number;
  /** Share of the period's time that the observations stand for; 100 at most. */
  readonly percentCoverage: number;
  /** Whether the observations cover enough of the period (`dataCaptureThreshold`). */
  readonly valid: boolean;
} & { readonly [name in StatisticName]?: number | null };

/**
 * Reads the statistics of a selection in its order, from behind `after`, `limit` rows at most.
 * With `limitPerStation` the limit holds for each station by itself.
 */
export async function readStatistics(
  pool: pg.Pool,
  selection: MeasurementSelection,
  request: StatisticsRequest,
  options: {
    readonly limit: number;
    readonly limitPerStation?: boolean;
    readonly after?: StatisticsKey | undefined;
  },
): Promise<PeriodStatistics[]> {
  const { bind, values } = bindParameters();
  const text = statisticsSql(selection, request, bind, options);
  const { rows } = await pool.query<unknown[]>({ ...named(text), values, rowMode: 'array' });
  return rows.map((row) => {
    const [periodStart, periodEnd, stationId, pollutant, ...rest] = row;
    const statistics: Record<string, unknown> = { periodStart, periodEnd, stationId, pollutant };
    const names = [...request.statistics, ...coverageNames];
    names.forEach((name, index) => {
      statistics[name] = rest[index];
    });
    return statistics as unknown as PeriodStatistics;
  });
}

const coverageNames = [
  'expectedCount',
  'observedCount',
  'percentComplete',
  'percentCoverage',
  'valid',
] as const;
