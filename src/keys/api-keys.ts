import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { recordAudit } from '../audit/audit-log.ts';
import type { PrismaClient } from '../database/prisma-client.ts';
import { GatewayError } from '../errors.ts';

/** read: measurements where reading is closed; write: imports; admin: everything else, and both of these. */
export const scopes = ['read', 'write', 'admin'] as const;
export type Scope = (typeof scopes)[number];

/** Who a request comes from. */
export interface KeyHolder {
  readonly id: bigint;
  readonly name: string;
  readonly prefix: string;
  readonly scopes: readonly Scope[];
}

export interface ApiKeyEntry extends KeyHolder {
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
}

/** Written down at most this often, so that a busy key does not write a row a request. */
const lastUsedEveryMs = 60_000;

/**
 * Makes a key. The database keeps its first part, by which it is found, and a digest of the whole; the key itself is in the answer and
 * nowhere else. 32 random bytes need no slow hash: there is nothing to guess.
 */
export async function createApiKey(
  prisma: PrismaClient,
  {
    name,
    scopes: granted,
    actor,
  }: { readonly name: string; readonly scopes: readonly Scope[]; readonly actor: string },
): Promise<ApiKeyEntry & { readonly key: string }> {
  const prefix = `ma_${randomBytes(6).toString('hex')}`;
  const key = `${prefix}_${randomBytes(32).toString('base64url')}`;
  const row = await prisma.$transaction(async (transaction) => {
    const created = await transaction.apiKey.create({
      data: { name, prefix, hash: digest(key), scopes: [...granted], createdBy: actor },
    });
    await recordAudit(transaction, {
      actor,
      action: 'key.create',
      target: prefix,
      details: { name, scopes: [...granted] },
    });
    return created;
  });
  return { ...entryOf(row), key };
}

/** All keys, revoked ones too, the newest first. */
export async function listApiKeys(prisma: PrismaClient): Promise<ApiKeyEntry[]> {
  return (await prisma.apiKey.findMany({ orderBy: { id: 'desc' } })).map(entryOf);
}

/**
 * Ends a key at once.
 * @throws GatewayError NOT_FOUND when there is no such key, or it is revoked already.
 */
export async function revokeApiKey(prisma: PrismaClient, prefix: string, actor: string): Promise<void> {
  await prisma.$transaction(async (transaction) => {
    const { count } = await transaction.apiKey.updateMany({
      where: { prefix, revokedAt: null },
      data: { revokedAt: new Date() },
    });
    if (count === 0)
      throw new GatewayError('NOT_FOUND', `There is no key ${prefix} in use.`, { field: 'prefix' });
    await recordAudit(transaction, { actor, action: 'key.revoke', target: prefix });
  });
}

/** The holder of a key; undefined when it is unknown or revoked. */
export async function findKeyHolder(prisma: PrismaClient, key: string): Promise<KeyHolder | undefined> {
  const prefix = /^(ma_[0-9a-f]{12})_[\w-]{43}$/.exec(key)?.[1];
  if (prefix === undefined) return undefined;
  const row = await prisma.apiKey.findUnique({ where: { prefix } });
  if (row === null || row.revokedAt !== null || !timingSafeEqual(row.hash, digest(key))) return undefined;
  const now = Date.now();
  if (row.lastUsedAt === null || now - row.lastUsedAt.getTime() > lastUsedEveryMs) {
    await prisma.apiKey.update({ where: { id: row.id }, data: { lastUsedAt: new Date(now) } });
  }
  return entryOf(row);
}

/** Whether a key may do what `needed` allows; admin may do all. */
export function hasScope(holder: KeyHolder, needed: Scope): boolean {
  return holder.scopes.includes(needed) || holder.scopes.includes('admin');
}

function digest(key: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha256').update(key).digest());
}

interface ApiKeyRow extends Omit<ApiKeyEntry, 'scopes'> {
  readonly scopes: readonly string[];
}

function entryOf({
  id,
  name,
  prefix,
  scopes: granted,
  createdAt,
  createdBy,
  lastUsedAt,
  revokedAt,
}: ApiKeyRow): ApiKeyEntry {
  const known = scopes.filter((scope) => granted.includes(scope));
  return { id, name, prefix, scopes: known, createdAt, createdBy, lastUsedAt, revokedAt };
}
