import type pg from 'pg';
import type { MeasurementSelection } from './selection.ts';
import { bindParameters, whereSql } from './selection-sql.ts';

/** The exact number of measurements in a selection. */
export async function countMeasurements(pool: pg.Pool, selection: MeasurementSelection): Promise<number> {
  const { bind, values } = bindParameters();
  const { rows } = await pool.query<{ count: string }>(
    `select count(*) as count from environment_airq_measurand ${whereSql(selection, bind)}`,
    values,
  );
  return Number(rows[0]?.count);
}
