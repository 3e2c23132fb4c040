import pg from 'pg';
import { cancelQuery } from '../database/cancel-query.ts';
import type { ExportSource } from './export-columns.ts';

export type RowBatch = readonly (readonly unknown[])[];

export interface RowBatchOptions {
  /** Rows of a batch at most. */
  readonly batchSize: number;
  /** Time zone of the session, for SQL that prints times in it. */
  readonly timezone: string;
  /** How long PostgreSQL may work on one batch, in ms; 0 = any time. */
  readonly statementTimeoutMs: number;
  /** Aborting cancels what PostgreSQL is working on. */
  readonly signal?: AbortSignal | undefined;
  /** Runs first, in the same snapshot. */
  readonly before: (client: pg.PoolClient) => Promise<void>;
}

/**
 * Every row of a source as an array of its columns' values, in batches, from one snapshot; memory for one batch. For
 * formats that PostgreSQL cannot print; those that it can leave far faster through COPY (copy-stream.ts).
 */
export async function* streamRowBatches(
  pool: pg.Pool,
  { columns, from }: ExportSource,
  { batchSize, timezone, statementTimeoutMs, signal, before }: RowBatchOptions,
): AsyncGenerator<RowBatch, void, undefined> {
  signal?.throwIfAborted();
  const client = await pool.connect();
  const cancel = () => void cancelQuery(client).catch(() => {});
  signal?.addEventListener('abort', cancel);
  let failure: Error | undefined;
  try {
    await client.query('begin isolation level repeatable read read only');
    await client.query(`set local timezone to ${pg.escapeLiteral(timezone)}`);
    await client.query(`set local statement_timeout to ${statementTimeoutMs}`);
    await before(client);
    const values = columns.map(({ sql, type }) => (type === 'number' ? `(${sql})::float8` : sql));
    await client.query(`declare rows no scroll cursor for select ${values.join(', ')} ${from}`);
    while (true) {
      const { rows } = await client.query<unknown[]>({
        text: `fetch ${batchSize} from rows`,
        rowMode: 'array',
      });
      if (rows.length > 0) yield rows;
      if (rows.length < batchSize) break;
    }
  } catch (error) {
    failure = error as Error;
    throw error;
  } finally {
    signal?.removeEventListener('abort', cancel);
    // Also reached when the consumer stops early: the cursor ends with its transaction.
    await client.query('rollback').then(
      () => client.release(),
      (error: Error) => client.release(failure ?? error),
    );
  }
}
