import type pg from 'pg';
import type { MeasurementKey } from './cursor.ts';
import { type Measurement, measurementFromRow } from './measurement.ts';
import type { MeasurementSelection } from './selection.ts';
import { bindParameters, orderSql, timeInstantText, whereSql } from './selection-sql.ts';

/** What an import says of the rows it has written (migration notify_finished_imports). */
export interface FinishedImport {
  readonly importId: string;
  readonly firstTimeInstant: string;
  readonly lastTimeInstant: string;
  /** Transaction ids, modulo 2^32 as in xmin. */
  readonly xidFirst: string;
  readonly xidEnd: string;
}

const batchSize = 1_000;

/**
 * The rows of a selection that an import has added or changed, as they are now, in the order of time. Read in batches
 * when they are asked for, so that a slow reader costs no memory.
 */
export async function* addedMeasurements(
  pool: pg.Pool,
  selection: MeasurementSelection,
  finished: FinishedImport,
): AsyncGenerator<Measurement, void, undefined> {
  const within = withinImport({ ...selection, order: 'TIME' }, finished);
  const columns = [timeInstantText, 'id_entity', ...selection.pollutants];
  const toMeasurement = measurementFromRow(selection.pollutants);
  let after: MeasurementKey | undefined;
  for (;;) {
    const { bind, values } = bindParameters();
    const [first, end] = [bind(finished.xidFirst, 'text'), bind(finished.xidEnd, 'text')];
    const { rows } = await pool.query<unknown[]>({
      // Ids of transactions come round after 2^32: what counts is the distance from the first one.
      text: `select ${columns.join(', ')} from environment_airq_measurand measurement
        ${whereSql(within, bind, after)}
        and (measurement.xmin::text::bigint - ${first}::bigint + 4294967296) % 4294967296
          < (${end}::bigint - ${first}::bigint + 4294967296) % 4294967296
        ${orderSql(within)} limit ${batchSize}`,
      values,
      rowMode: 'array',
    });
    for (const row of rows) yield toMeasurement(row);
    if (rows.length < batchSize) return;
    const last = rows.at(-1) as unknown[];
    after = { timeInstant: last[0] as string, stationId: last[1] as string };
  }
}

function withinImport(
  selection: MeasurementSelection,
  { firstTimeInstant, lastTimeInstant }: FinishedImport,
): MeasurementSelection {
  const first = new Date(firstTimeInstant);
  const afterLast = new Date(Date.parse(lastTimeInstant) + 1);
  return {
    ...selection,
    from: selection.from === null || selection.from < first ? first : selection.from,
    to: selection.to === null || selection.to > afterLast ? afterLast : selection.to,
  };
}
