import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerPaths } from './paths.ts';
import { processIdentity } from './processes.ts';

const FILE_NAME = /^holder\.(\d+)\./;

/** One use of the server by one process; a process may have several. */
export interface Holder {
  /** Synchronous, since a process that ends has no time left for anything else. */
  remove(): void;
}

/** Registers this process as a user of the server. To be called under the directory's lock. */
export async function addHolder({ directory }: ServerPaths): Promise<Holder> {
  const path = join(directory, `holder.${process.pid}.${randomBytes(4).toString('hex')}`);
  await writeFile(path, mark(directory, await processIdentity(process.pid)));
  return { remove: () => rmSync(path, { force: true }) };
}

/** How many uses by live processes there are; forgets the others. To be called under the directory's lock. */
export async function countHolders({ directory }: ServerPaths): Promise<number> {
  let count = 0;
  for (const name of await readdir(directory)) {
    const pid = FILE_NAME.exec(name)?.[1];
    if (pid === undefined) continue;
    const path = join(directory, name);
    if (await isHeld(directory, path, Number(pid))) count += 1;
    else await rm(path, { force: true });
  }
  return count;
}

async function isHeld(directory: string, path: string, pid: number): Promise<boolean> {
  const identity = await processIdentity(pid);
  if (identity === undefined) return false;
  const content = await readFile(path, 'utf8').catch(() => undefined);
  return content === mark(directory, identity);
}

/** With the directory, since a copy of it must not be held by the users of the original. */
function mark(directory: string, identity: string | undefined): string {
  return `${identity}\n${directory}\n`;
}
