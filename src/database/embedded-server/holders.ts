import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { processIdentity } from './process-identity.ts';

/** One use of the server by one process. A process may hold it several times. */
export interface Holder {
  /** Lets go without waiting, for a process that is about to end. */
  removeSync(): void;
}

/** Registers this process as a user of the server in `directory`. Call it under the directory's lock. */
export async function addHolder(directory: string): Promise<Holder> {
  const folder = join(directory, 'holders');
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${process.pid}.${randomBytes(4).toString('hex')}`);
  await writeFile(path, (await processIdentity(process.pid)) ?? '', { mode: 0o600 });
  return { removeSync: () => rmSync(path, { force: true }) };
}

/** How many live uses are registered; those of dead processes are forgotten. Call it under the directory's lock. */
export async function countHolders(directory: string): Promise<number> {
  const folder = join(directory, 'holders');
  const names = await readdir(folder).catch(() => []);
  const lives = await Promise.all(names.map((name) => isLive(join(folder, name), name)));
  return lives.filter(Boolean).length;
}

async function isLive(path: string, name: string): Promise<boolean> {
  const identity = await processIdentity(Number.parseInt(name, 10));
  // processIdentity says undefined for a dead process, which no file content equals.
  if (identity !== undefined && identity === (await readFile(path, 'utf8').catch(() => undefined)))
    return true;
  await rm(path, { force: true });
  return false;
}
