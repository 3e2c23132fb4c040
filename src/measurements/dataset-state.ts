import type pg from 'pg';

/** How current the data is, for those who watch over it. */
export interface DatasetState {
  readonly version: number;
  /** Milliseconds since 1970 of the newest measurement of each station that has any. */
  readonly latestByStation: ReadonlyMap<string, number>;
  /** Sums over the ledger, whoever imported. */
  readonly imported: Readonly<Record<'inserted' | 'updated' | 'unchanged' | 'rejected', number>>;
  /** Milliseconds since 1970 of the end of the last import; undefined when there was none. */
  readonly lastImportAt: number | undefined;
}

/** One index look-up a station, and one pass over the ledger. */
export async function readDatasetState(pool: pg.Pool): Promise<DatasetState> {
  const { rows: latest } = await pool.query<{ id: string; at: number }>(
    `select station.id, (extract(epoch from latest."TimeInstant") * 1000)::float8 as at
     from station cross join lateral (
       select "TimeInstant" from environment_airq_measurand
       where id_entity = station.id order by "TimeInstant" desc limit 1
     ) latest`,
  );
  const { rows: totals } = await pool.query<LedgerTotals>(
    `select (select version from dataset)::float8 as version,
       coalesce(sum(rows_inserted), 0)::float8 as inserted, coalesce(sum(rows_updated), 0)::float8 as updated,
       coalesce(sum(rows_unchanged), 0)::float8 as unchanged, coalesce(sum(rows_rejected), 0)::float8 as rejected,
       (extract(epoch from max(finished_at)) * 1000)::float8 as last_import_at
     from import`,
  );
  const { version, last_import_at, ...imported } = totals[0] as LedgerTotals;
  return {
    version,
    latestByStation: new Map(latest.map(({ id, at }) => [id, at])),
    imported,
    lastImportAt: last_import_at ?? undefined,
  };
}

interface LedgerTotals {
  version: number;
  inserted: number;
  updated: number;
  unchanged: number;
  rejected: number;
  last_import_at: number | null;
}

/** What is asked often: the version, one row, and when the last backup ended, in milliseconds since 1970. */
export async function readDatasetPulse(
  pool: pg.Pool,
): Promise<{ readonly version: number; readonly lastBackupAt: number | undefined }> {
  const { rows } = await pool.query<{ version: number; last_backup_at: number | null }>(
    `select version::float8 as version,
       (select (extract(epoch from max(at)) * 1000)::float8 from audit_event where action = 'backup.create') as last_backup_at
     from dataset`,
  );
  return { version: rows[0]?.version ?? 0, lastBackupAt: rows[0]?.last_backup_at ?? undefined };
}
