import type { PrismaClient } from '../database/prisma-client.ts';

export interface AuditEntry {
  /** Who: an account of the operating system, or the prefix of an API key. */
  readonly actor: string;
  readonly action:
    | 'key.create'
    | 'key.revoke'
    | 'measurements.prune'
    | 'backup.create'
    | 'cache.clear'
    | 'station.upsert';
  /** What it was done to. */
  readonly target?: string;
  readonly details?: Readonly<Record<string, string | number | string[]>>;
}

/** Writes down what an operator did; in the transaction that does it, so that neither is without the other. */
export async function recordAudit(
  prisma: Pick<PrismaClient, 'auditEvent'>,
  entry: AuditEntry,
): Promise<void> {
  const { actor, action, target = null, details = {} } = entry;
  await prisma.auditEvent.create({ data: { actor, action, target, details } });
}
