import { randomBytes } from 'node:crypto';
import {
  chmod,
  chown,
  lchown,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import type { PostgresBinaries } from './binaries.ts';
import type { Launcher, Owner } from './launcher.ts';
import type { ServerPaths } from './paths.ts';

export const SUPERUSER = 'measurement';

const INITDB_TIMEOUT_MS = 120_000;

/** The owner of the data; `undefined` before the first start. */
export async function findDataOwner({ data }: ServerPaths): Promise<Owner | undefined> {
  return stat(data).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

/**
 * Makes the data directory. It appears under its name only when it is finished, so a process killed half way
 * leaves nothing but a folder that the next one removes.
 */
export async function createCluster(
  paths: ServerPaths,
  binaries: PostgresBinaries,
  launcher: Launcher,
  { durable }: { durable: boolean },
): Promise<void> {
  await removeUnfinished(paths);
  await rm(paths.password, { force: true });
  await writeFile(paths.password, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
  const unfinished = `${paths.data}.unfinished.${process.pid}`;
  await mkdir(unfinished, { mode: 0o700 });
  if (launcher.owner) {
    await chown(unfinished, launcher.owner.uid, launcher.owner.gid);
    await chown(paths.password, launcher.owner.uid, launcher.owner.gid);
  }
  // The builtin locale sorts the same on every system and needs nothing installed.
  const locale = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--encoding=UTF8'];
  const access = ['--auth=scram-sha-256', `--username=${SUPERUSER}`, `--pwfile=${paths.password}`];
  const quick = durable ? [] : ['--no-sync'];
  const args = [`--pgdata=${unfinished}`, '--no-instructions', ...locale, ...access, ...quick];
  await launcher.run(binaries.initdb, args, INITDB_TIMEOUT_MS);
  await rename(unfinished, paths.data);
}

/** Data that was copied or restored has a new owner or open permissions, both of which PostgreSQL refuses. */
export async function repairOwnership({ data }: ServerPaths, owner: Owner | undefined): Promise<void> {
  const { uid, mode } = await stat(data);
  if (owner && uid !== owner.uid) {
    // The directory itself comes last: until then the next start begins again.
    const entries = (await readdir(data, { recursive: true })).map((entry) => join(data, entry));
    for (const entry of [...entries, data]) await lchown(entry, owner.uid, owner.gid);
  }
  if ((mode & 0o027) !== 0) await chmod(data, 0o700);
}

export async function readPassword({ password, data }: ServerPaths): Promise<string> {
  const text = await readFile(password, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    throw new Error(
      `The password of the embedded database, ${password}, is missing. Put it back, or remove ${data} to begin ` +
        'with an empty database.',
    );
  });
  return text.trim();
}

async function removeUnfinished({ directory, data }: ServerPaths): Promise<void> {
  const paths = (await readdir(directory)).map((name) => join(directory, name));
  const unfinished = paths.filter((path) => path.startsWith(`${data}.unfinished.`));
  // The initdb of a process that was killed may still be writing: it fails at that, after some tries.
  for (const path of unfinished) await rm(path, { recursive: true, force: true, maxRetries: 10 });
}
