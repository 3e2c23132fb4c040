import { setImmediate } from 'node:timers/promises';
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
  /** The look-up that has not been sent yet. */
  let next: Promise<DatasetVersion> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let known: DatasetVersion | undefined;

  async function look(): Promise<DatasetVersion> {
    next = undefined;
    const { rows } = await pool.query<[version: string, changedAt: number]>({
      name: 'dataset-version',
      // As a number: the driver's reading of a timestamp costs more than the rest of the answer.
      text: 'select version, extract(epoch from changed_at)::float8 * 1000 from dataset',
      rowMode: 'array',
    });
    const [row] = rows;
    if (row === undefined) throw new Error('The table dataset has no row.');
    // The same object while the version is the same, so that what is derived of it can be kept with it.
    if (known?.version !== BigInt(row[0])) known = { version: BigInt(row[0]), changedAt: new Date(row[1]) };
    return known;
  }

  return () => {
    if (next === undefined) {
      // One at a time, and not before all requests of this turn of the event loop have asked.
      next = last.then(() => setImmediate()).then(look);
      last = next.catch(() => {});
    }
    return next;
  };
}
