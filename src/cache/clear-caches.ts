import { recordAudit } from '../audit/audit-log.ts';
import type { Database } from '../database/database.ts';
import type { Notifications } from '../database/notifications.ts';
import type { Caches } from './caches.ts';

/**
 * Clears a prefix in the store and, where each process has its own, tells every process of the same database to do so.
 * @param actor who does it, for the audit log
 * @returns entries removed here
 */
export async function clearCaches(
  caches: Caches,
  { pool, prisma }: Pick<Database, 'pool' | 'prisma'>,
  prefix: string,
  actor: string,
): Promise<{ readonly entries: number; readonly replicasTold: boolean }> {
  const entries = await caches.clear(prefix);
  if (caches.perProcess) await pool.query(`select pg_notify('cache_cleared', $1)`, [prefix]);
  await recordAudit(prisma, { actor, action: 'cache.clear', target: prefix, details: { entries } });
  return { entries, replicasTold: caches.perProcess };
}

/** Clears the memory of this process when another one says so. @returns how to stop */
export function clearWhenTold(caches: Caches, notifications: Notifications): () => void {
  if (!caches.perProcess) return () => {};
  return notifications.listen('cache_cleared', (prefix) => void caches.clear(prefix));
}
