import { PrismaPg } from '@prisma/adapter-pg';
import type pg from 'pg';
import { PrismaClient } from './generated/client.ts';

export type { PrismaClient } from './generated/client.ts';

/** Prisma on the pool that everything else uses; disconnecting it leaves the pool to its owner. */
export function createPrismaClient(pool: pg.Pool, schema?: string): PrismaClient {
  const adapter = new PrismaPg(pool, { disposeExternalPool: false, ...(schema !== undefined && { schema }) });
  return new PrismaClient({ adapter });
}
