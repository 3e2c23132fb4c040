import type pg from 'pg';
import { type Measurement, measurementFromRow } from './measurement.ts';
import type { MeasurementSelection } from './selection.ts';
import { bindParameters, selectionSql, timeInstantText } from './selection-sql.ts';

const batchSize = 5_000;

/**
 * Every row of a selection as objects, in batches, from one snapshot; memory for one batch. For renderings that
 * compute something from a row; raw rows leave far faster through COPY (copy.ts).
 */
export async function* streamRows(
  pool: pg.Pool,
  selection: MeasurementSelection,
): AsyncGenerator<readonly Measurement[], void, undefined> {
  const { bind, values } = bindParameters();
  const columns = [timeInstantText, 'id_entity', ...selection.pollutants];
  const toMeasurement = measurementFromRow(selection.pollutants);
  const client = await pool.connect();
  let failure: Error | undefined;
  try {
    await client.query('begin isolation level repeatable read read only');
    const source = selectionSql(selection, bind);
    await client.query(`declare rows no scroll cursor for select ${columns.join(', ')} ${source}`, values);
    while (true) {
      const { rows } = await client.query<unknown[]>({
        text: `fetch ${batchSize} from rows`,
        rowMode: 'array',
      });
      if (rows.length > 0) yield rows.map(toMeasurement);
      if (rows.length < batchSize) break;
    }
  } catch (error) {
    failure = error as Error;
    throw error;
  } finally {
    // Also reached when the consumer stops early: the cursor ends with its transaction.
    if (failure === undefined) await client.query('rollback').catch((error) => (failure = error as Error));
    client.release(failure);
  }
}
