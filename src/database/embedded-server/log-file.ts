import { chown, copyFile, open, stat, truncate } from 'node:fs/promises';
import type { Owner } from './launcher.ts';

const LIMIT_BYTES = 5_000_000;
const CHECK_EVERY_MS = 10 * 60_000;

/** Makes the log unless it is there, writable for the server. Returns where the next entry begins. */
export async function prepareLog(path: string, owner: Owner | undefined): Promise<number> {
  const file = await open(path, 'a', 0o600);
  await file.close();
  if (owner) await chown(path, owner.uid, owner.gid);
  await limitLog(path);
  return (await stat(path)).size;
}

/** The last lines of the log from `offset` on. */
export async function readLog(path: string, offset: number): Promise<string> {
  const file = await open(path, 'r');
  try {
    const text = await file.read({ buffer: Buffer.alloc(16_384), position: offset });
    return text.buffer.toString('utf8', 0, text.bytesRead).trimEnd().split('\n').slice(-15).join('\n');
  } finally {
    await file.close();
  }
}

/** Keeps the log of a running server from filling the disk, until the returned function is called. */
export function keepLogLimited(path: string): () => void {
  const timer = setInterval(() => limitLog(path).catch(() => {}), CHECK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** The server appends to the very file it was started with: so copy and empty it, instead of moving it away. */
async function limitLog(path: string): Promise<void> {
  if ((await stat(path)).size <= LIMIT_BYTES) return;
  await copyFile(path, `${path}.1`);
  await truncate(path);
}
