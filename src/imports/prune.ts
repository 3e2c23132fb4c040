import pg from 'pg';

/** A month (UTC) of measurements that lies wholly before the limit. */
export interface PrunableMonth {
  readonly partition: string;
  /** `2016-10` */
  readonly month: string;
  readonly rows: number;
  readonly bytes: number;
}

/** Lists the whole months before `before`, the oldest first. A month that `before` lies in stays whole. */
export async function prunableMonths(pool: pg.Pool, before: Date): Promise<PrunableMonth[]> {
  const { rows } = await pool.query<{ partition: string; month: string; bytes: string }>(
    `SELECT relname AS partition, replace(right(relname, 7), '_', '-') AS month, pg_total_relation_size(pg_class.oid) AS bytes
     FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
     WHERE inhparent = 'environment_airq_measurand'::regclass AND relname ~ '_[0-9]{4}_[0-9]{2}$'
     ORDER BY relname`,
  );
  const limit = before.toISOString().slice(0, 7);
  const months: PrunableMonth[] = [];
  for (const { partition, month, bytes } of rows.filter((row) => row.month < limit)) {
    const counted = await pool.query<{ rows: string }>(
      `SELECT count(*) AS rows FROM ${pg.escapeIdentifier(partition)}`,
    );
    months.push({ partition, month, rows: Number(counted.rows[0]?.rows), bytes: Number(bytes) });
  }
  return months;
}

/**
 * Drops months: a matter of milliseconds however many rows. Bumps the dataset version and writes the audit log in the same
 * transaction. Waits at most ten seconds for readers of these months.
 */
export async function prune(pool: pg.Pool, months: readonly PrunableMonth[], actor: string): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("BEGIN; SET LOCAL lock_timeout = '10s'");
    await client.query("SELECT pg_advisory_xact_lock(hashtext('import_measurements'))");
    await client.query("SELECT pg_advisory_xact_lock(hashtext('measurement_partitions_ensure'))");
    for (const { partition } of months) await client.query(`DROP TABLE ${pg.escapeIdentifier(partition)}`);
    // Dropping a table fires no trigger; deleting nothing does.
    await client.query('DELETE FROM environment_airq_measurand WHERE false');
    await client.query(
      `INSERT INTO audit_event (actor, action, target, details) VALUES ($1, 'measurements.prune', $2, $3)`,
      [
        actor,
        months.map(({ month }) => month).join(', '),
        JSON.stringify({ rows: months.reduce((sum, { rows }) => sum + rows, 0) }),
      ],
    );
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  } finally {
    client.release();
  }
}
