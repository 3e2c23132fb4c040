import type pg from 'pg';

const versionSql = 'select version::float8 as version from dataset';

/**
 * The pool that exports read from: the replica, so that they leave the primary alone, but only when it has caught up with
 * every change that was committed before the call; the primary otherwise, also when the replica does not answer.
 */
export async function chooseExportPool(primary: pg.Pool, replica: pg.Pool | undefined): Promise<pg.Pool> {
  if (replica === undefined) return primary;
  try {
    const [newest, replayed] = await Promise.all([
      primary.query<{ version: number }>(versionSql),
      replica.query<{ version: number }>(versionSql),
    ]);
    const behind = (replayed.rows[0]?.version ?? -1) < (newest.rows[0]?.version ?? 0);
    return behind ? primary : replica;
  } catch {
    return primary;
  }
}
