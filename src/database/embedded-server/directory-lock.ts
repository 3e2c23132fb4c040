import { closeSync, openSync, readFileSync, rmSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processIdentity } from './process-identity.ts';

/** Longer than the longest start: initdb on a slow disk, or the recovery of a crashed server. */
const WAIT_MS = 180_000;
/** A lock without readable content is one whose owner was killed between creating and writing it. */
const UNREADABLE_STALE_MS = 5_000;

interface LockOwner {
  pid: number;
  identity: string;
}

/**
 * Runs `work` while no other process (nor another caller in this one) runs under the lock of the same directory.
 * The lock of a process that died is taken over.
 */
export async function withDirectoryLock<T>(directory: string, work: () => Promise<T>): Promise<T> {
  const path = join(directory, 'lock');
  const owner: LockOwner = { pid: process.pid, identity: (await processIdentity(process.pid)) ?? '' };
  const deadline = Date.now() + WAIT_MS;
  while (!tryCreate(path, JSON.stringify(owner))) {
    const seen = readLock(path);
    if (seen !== undefined && (await isStale(seen))) {
      removeIfUnchanged(path, seen.content);
      continue;
    }
    if (Date.now() > deadline) {
      throw new Error(
        `The embedded database in ${directory} has been starting or stopping for ${WAIT_MS / 1000} s in process ` +
          `${seen?.owner?.pid ?? 'unknown'}. Stop that process, or remove ${path} when there is none.`,
      );
    }
    await sleep(20 + Math.random() * 30);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

interface SeenLock {
  content: string;
  owner: LockOwner | undefined;
  ageMs: number;
}

function tryCreate(path: string, content: string): boolean {
  try {
    const file = openSync(path, 'wx', 0o600);
    writeSync(file, content);
    closeSync(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readLock(path: string): SeenLock | undefined {
  try {
    const content = readFileSync(path, 'utf8');
    return { content, owner: parseOwner(content), ageMs: Date.now() - statSync(path).mtimeMs };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parseOwner(content: string): LockOwner | undefined {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}

async function isStale({ owner, ageMs }: SeenLock): Promise<boolean> {
  if (owner === undefined) return ageMs > UNREADABLE_STALE_MS;
  return (await processIdentity(owner.pid)) !== owner.identity;
}

/**
 * Two waiters may judge the same lock stale; the slower one must not remove the lock that the quicker one has
 * made since. So removal has an exclusive file of its own around "still the same? then remove", which is a few
 * synchronous calls long; one left behind by a kill in that moment is ignored after a while.
 */
function removeIfUnchanged(path: string, staleContent: string): void {
  const guard = `${path}.takeover`;
  if (!tryCreate(guard, '')) {
    const seen = readLock(guard);
    if (seen !== undefined && seen.ageMs > UNREADABLE_STALE_MS) rmSync(guard, { force: true });
    return;
  }
  try {
    if (readLock(path)?.content === staleContent) unlinkSync(path);
  } finally {
    rmSync(guard, { force: true });
  }
}
