import type pg from 'pg';
import type { LimitValue } from './limit-values.ts';
import type { MeasurementSelection } from './selection.ts';
import { type Bind, bindParameters } from './selection-sql.ts';
import { requestStatistics } from './statistics.ts';
import { statisticsSql } from './statistics-sql.ts';

/** How often the averages of one station were above a limit value within a calendar year of its time zone. */
export interface Exceedances {
  readonly limitValue: LimitValue;
  readonly stationId: string;
  readonly year: number;
  /** Averages observed enough to be judged. */
  readonly validPeriods: number;
  /** Those of them above the value. */
  readonly count: number;
  /** Whether more of them are above than a year may have. */
  readonly exceeded: boolean;
  /** The greatest of them, in the pollutant's own unit. */
  readonly maximum: number;
}

/** Hourly means that an 8-hour running mean needs, and running means that a day's maximum needs: 2008/50/EC, Annex VII. */
const hoursOf8hMean = 6;
const meansOfDailyMaximum = 18;

/**
 * Counts, by station and year, what of a selection is above a limit value: whole periods only, and only those with enough
 * observations. A concentration at the value is not above it. Stations and years without a valid period are left out.
 */
export async function readExceedances(
  pool: pg.Pool,
  selection: MeasurementSelection,
  limitValue: LimitValue,
): Promise<readonly Exceedances[]> {
  const { bind, values } = bindParameters();
  const { rows } = await pool.query<unknown[]>({
    text: `select id_entity, extract(year from (period_start::timestamptz at time zone timezone))::int as year,
        count(*)::int, count(*) filter (where mean > ${limitValue.value})::int, max(mean)
      from (${averagesSql(selection, limitValue, bind)}) averages join station on station.id = id_entity
      group by 1, 2 order by 1, 2`,
    values,
    rowMode: 'array',
  });
  return rows.map(([stationId, year, validPeriods, count, maximum]) => ({
    limitValue,
    stationId: stationId as string,
    year: year as number,
    validPeriods: validPeriods as number,
    count: count as number,
    exceeded: (count as number) > limitValue.allowedPerYear,
    maximum: maximum as number,
  }));
}

/** Rows `id_entity, period_start, mean` of the valid averages that a limit value judges. */
function averagesSql(
  selection: MeasurementSelection,
  { pollutant, averaging }: LimitValue,
  bind: Bind,
): string {
  const means = (interval: string) =>
    `select id_entity, period_start, mean from (${statisticsSql(
      { ...selection, pollutants: [pollutant] },
      requestStatistics({ interval, statistics: ['mean'] }),
      bind,
    )}) means where valid`;
  switch (averaging) {
    case 'hour':
      return means('1h');
    case 'day':
      return means('1d');
    case 'year':
      return means('1y');
    case 'dailyMaximum8h':
      // A running mean belongs to the day on which it ends.
      return `
        select id_entity, min(hour)::text as period_start, max(mean) as mean
        from (
          select id_entity, hour, count(mean) over eight as hours, avg(mean) over eight as mean
          from (select id_entity, period_start::timestamptz as hour, mean from (${means('1h')}) hourly) hours
          window eight as (partition by id_entity order by hour range between interval '7 hours' preceding and current row)
        ) running join station on station.id = id_entity
        where hours >= ${hoursOf8hMean}
        group by id_entity, (hour at time zone timezone)::date
        having count(*) >= ${meansOfDailyMaximum}`;
  }
}
