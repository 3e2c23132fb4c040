import { periodSql } from './averaging-interval.ts';
import { convertedSql } from './concentration.ts';
import { instantText } from './instant-text.ts';
import { type PollutantCode, pollutantCodes } from './pollutants.ts';
import type { MeasurementSelection } from './selection.ts';
import { type Bind, whereSql } from './selection-sql.ts';
import { stationStepSql } from './station-step-sql.ts';
import type { StatisticName, StatisticsRequest } from './statistics.ts';

/**
 * Least share (%) of a period that has to be observed for its average to count: Directive 2008/50/EC, Annex VII: three
 * of the four quarter-hours of an hour, 6 of the hours of an 8-hour mean; the same share is used for every other period.
 */
export const dataCaptureThreshold = 75;

/** The row of a statistics answer behind which the next one goes on. */
export interface StatisticsKey {
  readonly stationId: string;
  /** ISO 8601. */
  readonly periodStart: string;
  readonly pollutant: PollutantCode;
}

/** A column of a statistics answer. */
export interface StatisticsColumn {
  readonly name: string;
  readonly type: 'text' | 'number' | 'boolean';
}

/** The columns that `statisticsSql` gives, in its order. Every row says which period it is about, by both ends. */
export function statisticsColumns({
  statistics,
}: Pick<StatisticsRequest, 'statistics'>): readonly StatisticsColumn[] {
  return [
    { name: 'period_start', type: 'text' },
    { name: 'period_end', type: 'text' },
    { name: 'id_entity', type: 'text' },
    { name: 'pollutant', type: 'text' },
    ...statistics.map((name) => ({ name, type: 'number' as const })),
    { name: 'expectedCount', type: 'number' },
    { name: 'observedCount', type: 'number' },
    { name: 'percentComplete', type: 'number' },
    { name: 'percentCoverage', type: 'number' },
    { name: 'valid', type: 'boolean' },
  ];
}

// Sums of doubles depend on the order of their terms: without one, two plans for the same period would differ in the
// last digit. PostgreSQL sorts once for all of them.
const aggregates: Record<Exclude<StatisticName, 'count' | 'coverage'>, (value: string) => string> = {
  mean: (value) => `avg(${value} order by "TimeInstant")`,
  min: (value) => `min(${value})`,
  max: (value) => `max(${value})`,
  median: (value) => `percentile_cont(0.5) within group (order by ${value})`,
  p95: (value) => `percentile_cont(0.95) within group (order by ${value})`,
  p98: (value) => `percentile_cont(0.98) within group (order by ${value})`,
  stddev: (value) => `stddev_samp(${value} order by "TimeInstant")`,
};

const orderColumns: Record<MeasurementSelection['order'], string> = {
  TIME: 'period_start, id_entity, place',
  TIME_DESC: 'period_start desc, id_entity desc, place desc',
  STATION: 'id_entity, period_start, place',
  STATION_DESC: 'id_entity desc, period_start desc, place desc',
};

export interface StatisticsSqlOptions {
  /** Rows at most; all of them when absent. */
  readonly limit?: number | undefined;
  /** The limit holds for each station by itself. */
  readonly limitPerStation?: boolean;
  readonly after?: StatisticsKey | undefined;
  /** SQL that writes a timestamptz; by default ISO 8601 in UTC with milliseconds. */
  readonly instantText?: (instant: string) => string;
}

/**
 * `select …` of the statistics of a selection, with the columns of `statisticsColumns`, in the order of the selection:
 * good for reading and for COPY. One row a period, station and pollutant that has at least one observation. A period
 * that the selection cuts is averaged over what is selected but expected whole, so that its coverage shows the cut.
 */
export function statisticsSql(
  selection: MeasurementSelection,
  request: StatisticsRequest,
  bind: Bind,
  options: StatisticsSqlOptions = {},
): string {
  const { limit, limitPerStation = false, after, instantText: write = instantText } = options;
  const columns = [
    write('period_start'),
    write('period_end'),
    'id_entity',
    'pollutant',
    ...request.statistics.map((name) =>
      name === 'count' ? observed : name === 'coverage' ? percentCoverage : `"${name}"`,
    ),
    expected,
    observed,
    percentComplete,
    percentCoverage,
    isValid,
  ].map((sql, index) => `${sql} as "${statisticsColumns(request)[index]?.name}"`);
  const order = orderColumns[selection.order];
  const rows = `(${periodsSql(selection, request, bind, after)}) periods`;
  const numbered = limitPerStation
    ? `(select *, row_number() over (partition by id_entity order by ${order}) as row_of_station from ${rows}) periods`
    : rows;
  // Sorted before the instants are written, since their text would be taken for them under the same name.
  const sorted = `select * from ${numbered} ${keysetSql(selection, after, bind)}`;
  const limited = limitPerStation
    ? `select * from (${sorted}) numbered where row_of_station <= ${limit} order by ${order}`
    : `${sorted} order by ${order}${limit === undefined ? '' : ` limit ${limit}`}`;
  return `select ${columns.join(', ')} from (${limited}) statistics`;
}

const observed = 'observed::int';
const expected = 'expected';
const percentComplete = 'round(100.0 * observed / expected, 2)::float8';
const percentCoverage = 'round(100.0 * least(observed, expected) / expected, 2)::float8';
const isValid = `100 * observed >= ${dataCaptureThreshold} * expected`;

/** Rows `period_start, period_end, id_entity, pollutant, place, observed, expected, statistics…`, in no order. */
function periodsSql(
  selection: MeasurementSelection,
  request: StatisticsRequest,
  bind: Bind,
  after: StatisticsKey | undefined,
): string {
  const { pollutants } = selection;
  const zone = request.timezone === null ? 'zone' : bind(request.timezone, 'text');
  const period = periodSql(request.interval, { instant: '"TimeInstant"', group: 'period', zone });
  const wanted = request.statistics.filter((name) => name !== 'count' && name !== 'coverage');
  const aggregated = pollutants.flatMap((code) => [
    `count(${code}) as ${code}_observed`,
    ...wanted.map(
      (name) => `${aggregates[name](convertedSql(code, code, request.units))} as ${code}_${name}`,
    ),
  ]);
  const unpivoted = pollutants.map(
    (code) =>
      `(${[`'${code}'`, pollutantCodes.indexOf(code), `${code}_observed`, ...wanted.map((name) => `${code}_${name}`)].join(', ')})`,
  );
  const names = ['pollutant', 'place', 'observed', ...wanted.map((name) => `"${name}"`)];
  const { stationIds } = selection;
  const stations =
    stationIds === null ? '' : `where id = any(${bind(`{${stationIds.join(',')}}`, 'text[]')})`;
  return `
    with place_and_time as materialized (
      select id, timezone as zone, ${request.coverage ? stationStepSql('station.id') : 'null::float8'} as step from station ${stations}
    ),
    aggregated as (
      select id_entity, ${period.group} as period, ${aggregated.join(', ')}
      from (
        select * from environment_airq_measurand measurement ${whereSql(startedBy(selection, after), bind)}
      ) measurement
      join place_and_time on place_and_time.id = id_entity
      group by 1, 2
    )
    select period_start, period_end, id_entity, unpivoted.*,
      case when step is not null then greatest(1, round(extract(epoch from period_end - period_start) / 60 / step))::int end as expected
    from (
      select aggregated.*, step, ${period.start} as period_start, ${period.end} as period_end
      from aggregated join place_and_time on place_and_time.id = id_entity
    ) aggregated
    cross join lateral (values ${unpivoted.join(', ')}) unpivoted (${names.join(', ')})
    where observed > 0`;
}

/** The part of a selection that rows behind a key can come from: what lies wholly before it needs no aggregating. */
function startedBy(selection: MeasurementSelection, after: StatisticsKey | undefined): MeasurementSelection {
  if (after === undefined || selection.order !== 'TIME') return selection;
  const start = new Date(after.periodStart);
  return selection.from !== null && selection.from > start ? selection : { ...selection, from: start };
}

function keysetSql({ order }: MeasurementSelection, after: StatisticsKey | undefined, bind: Bind): string {
  if (after === undefined) return '';
  const start = bind(after.periodStart, 'timestamptz');
  const station = `${bind(after.stationId, 'text')} collate "C"`;
  const place = pollutantCodes.indexOf(after.pollutant);
  switch (order) {
    case 'TIME':
      return `where (period_start, id_entity, place) > (${start}, ${station}, ${place})`;
    case 'TIME_DESC':
      return `where (period_start, id_entity, place) < (${start}, ${station}, ${place})`;
    case 'STATION':
      return `where (id_entity, period_start, place) > (${station}, ${start}, ${place})`;
    case 'STATION_DESC':
      return `where (id_entity, period_start, place) < (${station}, ${start}, ${place})`;
  }
}
