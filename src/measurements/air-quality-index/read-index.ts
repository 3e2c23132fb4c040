import type pg from 'pg';
import { instantText } from '../instant-text.ts';
import type { PollutantCode } from '../pollutants.ts';
import { stationStepSql } from '../station-step-sql.ts';
import { dataCaptureThreshold } from '../statistics-sql.ts';
import {
  type AirQualityIndex,
  categoryOf,
  componentValue,
  type IndexCategory,
  type IndexComponent,
} from './air-quality-index.ts';

/** The index of a station at the time of its newest measurement. */
export interface StationIndex {
  readonly index: AirQualityIndex;
  readonly stationId: string;
  /** ISO 8601, UTC, milliseconds. */
  readonly timeInstant: string;
  /** Null when no average is observed enough. */
  readonly value: number | null;
  readonly category: IndexCategory | null;
  /** The pollutant that makes the index. */
  readonly pollutant: PollutantCode | null;
  readonly components: readonly StationIndexComponent[];
}

/** What one pollutant contributes. */
export interface StationIndexComponent {
  readonly component: IndexComponent;
  /** Average in the component's unit; null when nothing was observed. */
  readonly concentration: number | null;
  /** Null when too little was observed, or the concentration is below what this component judges. */
  readonly value: number | null;
  readonly observedCount: number;
  readonly expectedCount: number;
}

/**
 * The index of each station at its newest measurement not later than `at` (now when absent), in the order of ids; stations
 * without any are left out. One statement, which reads at most a day of each station.
 */
export async function readAirQualityIndex(
  pool: pg.Pool,
  index: AirQualityIndex,
  { stationIds, at = null }: { readonly stationIds: readonly string[] | null; readonly at?: Date | null },
): Promise<readonly StationIndex[]> {
  const columns = index.components.flatMap(({ pollutant, averagingHours }) => {
    const within = `filter (where "TimeInstant" > newest - interval '${averagingHours} hours')`;
    return [`avg(${pollutant}) ${within}`, `count(${pollutant}) ${within}`];
  });
  const { rows } = await pool.query<unknown[]>({
    text: `select station.id, ${instantText('newest')},
        ${stationStepSql('station.id')}, averages.*
      from station
      cross join lateral (
        select "TimeInstant" as newest from environment_airq_measurand
        where id_entity = station.id and ($2::timestamptz is null or "TimeInstant" <= $2)
        order by "TimeInstant" desc limit 1
      ) last
      cross join lateral (
        select ${columns.join(', ')} from environment_airq_measurand
        where id_entity = station.id and "TimeInstant" > newest - interval '24 hours' and "TimeInstant" <= newest
      ) averages
      where $1::text[] is null or station.id = any($1)
      order by station.id`,
    values: [stationIds, at],
    rowMode: 'array',
  });
  return rows.map((row) => stationIndex(index, row));
}

function stationIndex(index: AirQualityIndex, row: readonly unknown[]): StationIndex {
  const [stationId, timeInstant, step, ...averages] = row as [string, string, number, ...unknown[]];
  const components = index.components.map((component, place): StationIndexComponent => {
    const average = averages[2 * place] as number | null;
    const observedCount = Number(averages[2 * place + 1]);
    const expectedCount = Math.max(1, Math.round((component.averagingHours * 60) / step));
    const enough = 100 * observedCount >= dataCaptureThreshold * expectedCount;
    return {
      component,
      concentration: average === null ? null : average * component.factor,
      value: average === null || !enough ? null : componentValue(component, average),
      observedCount,
      expectedCount,
    };
  });
  let greatest: StationIndexComponent | undefined;
  for (const part of components) {
    if (part.value !== null && part.value > (greatest?.value ?? -1)) greatest = part;
  }
  const value = greatest?.value ?? null;
  return {
    index,
    stationId,
    timeInstant,
    value,
    category: value === null ? null : categoryOf(index, value),
    pollutant: greatest?.component.pollutant ?? null,
    components,
  };
}
