import type pg from 'pg';
import type { Merged } from './merge.ts';
import type { Validated } from './validate.ts';

export interface LedgerEntry extends Merged {
  readonly id: bigint;
  readonly source: string;
  readonly sha256: string;
  /** Lines read. In a long file several lines make one measurement. */
  readonly read: number;
  readonly rejected: number;
  readonly firstTimeInstant: Date | null;
  readonly lastTimeInstant: Date | null;
  readonly startedAt: Date;
  readonly finishedAt: Date;
}

/** What is known of a load before it is merged. */
export interface Load {
  readonly source: string;
  readonly sha256: string;
  readonly startedAt: Date;
  readonly importedBy: string;
  /** How it was read, for telling apart loads of the same bytes. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Rejected lines of a load that are kept. */
const rejectionsKept = 1_000;

/** The load of the same bytes, read in the same way, that came before; undefined when there is none. */
export async function findEarlierLoad(
  client: pg.ClientBase,
  { sha256, settings }: Pick<Load, 'sha256' | 'settings'>,
): Promise<{ readonly id: bigint; readonly finishedAt: Date } | undefined> {
  const { rows } = await client.query<{ id: string; finished_at: Date }>(
    'SELECT id, finished_at FROM import WHERE sha256 = $1 AND settings = $2 ORDER BY id DESC LIMIT 1',
    [sha256, JSON.stringify(settings)],
  );
  return rows[0] && { id: BigInt(rows[0].id), finishedAt: rows[0].finished_at };
}

/** Writes a load and its rejected lines down, in the transaction that merges it. */
export async function writeLedger(
  client: pg.ClientBase,
  load: Load,
  { read, rejected, months }: Validated,
  merged: Merged,
): Promise<LedgerEntry> {
  const finishedAt = new Date();
  const firstTimeInstant = months[0]?.first ?? null;
  const lastTimeInstant = months.at(-1)?.last ?? null;
  const { rows } = await client.query<{ id: string }>(
    `INSERT INTO import (source, sha256, rows_read, rows_inserted, rows_updated, rows_unchanged, rows_rejected,
                         first_time_instant, last_time_instant, started_at, finished_at, imported_by, settings)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING id`,
    [
      load.source,
      load.sha256,
      read,
      merged.inserted,
      merged.updated,
      merged.unchanged,
      rejected,
      firstTimeInstant,
      lastTimeInstant,
      load.startedAt,
      finishedAt,
      load.importedBy,
      JSON.stringify(load.settings),
    ],
  );
  const id = BigInt(rows[0]?.id ?? 0);
  if (rejected > 0) {
    await client.query(
      `INSERT INTO import_rejection (import_id, line, field, value, reason)
       SELECT $1, line, field, left(value, 200), reason FROM import_rejected ORDER BY line LIMIT ${rejectionsKept}
       ON CONFLICT DO NOTHING`,
      [id],
    );
  }
  const { source, sha256, startedAt } = load;
  return {
    id,
    source,
    sha256,
    read,
    rejected,
    ...merged,
    firstTimeInstant,
    lastTimeInstant,
    startedAt,
    finishedAt,
  };
}
