import type { Prisma } from '../database/generated/client.ts';
import type { PrismaClient } from '../database/prisma-client.ts';

/** An entry of the ledger with the first lines that were rejected. */
export type ListedImport = Prisma.ImportGetPayload<{ include: { rejections: true } }>;

/**
 * Entries of the ledger, newest first.
 * @param before only entries older than this id.
 * @param rejections how many rejected lines of each.
 */
export function listImports(
  prisma: PrismaClient,
  {
    limit,
    before,
    rejections,
  }: { readonly limit: number; readonly before?: bigint | undefined; readonly rejections: number },
): Promise<ListedImport[]> {
  return prisma.import.findMany({
    ...(before !== undefined && { where: { id: { lt: before } } }),
    orderBy: { id: 'desc' },
    take: limit,
    include: { rejections: { orderBy: { line: 'asc' }, take: rejections } },
  });
}
