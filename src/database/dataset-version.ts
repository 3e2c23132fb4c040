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
