import type pg from 'pg';
import type { PrismaClient } from './prisma-client.ts';

/** The state of everything measured: equal versions mean equal answers. */
export interface DatasetVersion {
  readonly version: bigint;
  readonly changedAt: Date;
}

/** Reads the version that triggers bump in the transaction of every change to stations or measurements. */
export async function readDatasetVersion(prisma: PrismaClient): Promise<DatasetVersion> {
  const { version, changedAt } = await prisma.dataset.findUniqueOrThrow({ where: { id: 1 } });
  return { version, changedAt };
}

/**
 * A reader for those who ask for the version at every request. Callers that wait at the same time share one look-up, but
 * never one that began before they asked: what was committed before the call is always seen.
 */
export function createDatasetVersionReader(pool: pg.Pool): () => Promise<DatasetVersion> {
  let running: Promise<DatasetVersion> | undefined;
  let following: Promise<DatasetVersion> | undefined;

  function start(): Promise<DatasetVersion> {
    following = undefined;
    const reading = look().finally(() => {
      if (running === reading) running = undefined;
    });
    running = reading;
    return reading;
  }

  async function look(): Promise<DatasetVersion> {
    const { rows } = await pool.query<{ version: string; changed_at: Date }>({
      name: 'dataset-version',
      text: 'select version, changed_at from dataset',
    });
    const [row] = rows;
    if (row === undefined) throw new Error('The table dataset has no row.');
    return { version: BigInt(row.version), changedAt: row.changed_at };
  }

  return () => {
    if (running === undefined) return start();
    following ??= running.then(start, start);
    return following;
  };
}
