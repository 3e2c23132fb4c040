import { closeSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processIdentity } from './processes.ts';

/** Longer than the longest start: initdb on a slow disk, or the recovery of a crashed server. */
const WAIT_MS = 180_000;
/** A lock without readable content belongs to a process that was killed between creating and writing it. */
const UNREADABLE_STALE_MS = 5_000;

interface LockOwner {
  pid: number;
  identity: string | undefined;
}

interface SeenLock {
  content: string;
  owner: LockOwner | undefined;
  ageMs: number;
}

/**
 * Runs `work` while no other process, nor another caller in this one, runs under the lock of the same directory.
 * The lock of a process that died is taken over.
 */
export async function withDirectoryLock<T>(directory: string, work: () => Promise<T>): Promise<T> {
  const path = join(directory, 'lock');
  const owner: LockOwner = { pid: process.pid, identity: await processIdentity(process.pid) };
  const deadline = Date.now() + WAIT_MS;
  while (!create(path, JSON.stringify(owner))) {
    const seen = read(path);
    if (seen && (await isStale(seen))) removeIfUnchanged(path, seen.content);
    if (Date.now() > deadline) {
      throw new Error(
        `The embedded database in ${directory} has been starting or stopping for ${WAIT_MS / 1000} s in process ` +
          `${seen?.owner?.pid ?? 'unknown'}. End that process, or remove ${path} when there is none.`,
      );
    }
    await sleep(20 + Math.random() * 30);
  }
  const release = () => rmSync(path, { force: true });
  // First of all exit listeners, since a later one may wait for another process that needs the lock.
  process.prependListener('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}

function create(path: string, content: string): boolean {
  try {
    const file = openSync(path, 'wx');
    writeSync(file, content);
    closeSync(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function read(path: string): SeenLock | undefined {
  try {
    const content = readFileSync(path, 'utf8');
    return { content, owner: parse(content), ageMs: Date.now() - statSync(path).mtimeMs };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parse(content: string): LockOwner | undefined {
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
 * made since. So there is a lock around "still the same? then remove", held for a few synchronous calls only;
 * one that a kill left behind in that moment is dropped after a while.
 */
function removeIfUnchanged(path: string, staleContent: string): void {
  const guard = `${path}.takeover`;
  if (!create(guard, '')) {
    const seen = read(guard);
    if (seen && seen.ageMs > UNREADABLE_STALE_MS) rmSync(guard, { force: true });
    return;
  }
  try {
    if (read(path)?.content === staleContent) rmSync(path, { force: true });
  } finally {
    rmSync(guard, { force: true });
  }
}
