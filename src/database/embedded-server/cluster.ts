import { randomBytes } from 'node:crypto';
import { chown, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PostgresBinaries } from './binaries.ts';
import type { Launcher, Owner } from './launcher.ts';

export const SUPERUSER = 'measurement';

const INITDB_TIMEOUT_MS = 120_000;

/** Where the parts of one embedded server lie. */
export interface ClusterPaths {
  directory: string;
  data: string;
  password: string;
  log: string;
}

export function clusterPaths(directory: string): ClusterPaths {
  return {
    directory,
    data: join(directory, 'postgres'),
    password: join(directory, 'postgres.password'),
    log: join(directory, 'postgres.log'),
  };
}

/** The owner of the data; `undefined` before the first start. */
export async function dataOwner(paths: ClusterPaths): Promise<Owner | undefined> {
  return stat(paths.data).catch(ignoreMissing);
}

/**
 * Makes the data directory unless it is there. It appears under its name only when finished, so a process killed
 * half way leaves nothing but a folder that the next start removes.
 *
 * @returns the superuser's password
 */
export async function ensureCluster(
  paths: ClusterPaths,
  binaries: PostgresBinaries,
  launcher: Launcher,
  { durable }: { durable: boolean },
): Promise<string> {
  await removeUnfinished(paths);
  if (await dataOwner(paths)) {
    await giveTo(launcher.owner, paths.data);
    return readPassword(paths);
  }
  const password = randomBytes(24).toString('base64url');
  await writeFile(paths.password, `${password}\n`, { mode: 0o600 });
  const unfinished = `${paths.data}.unfinished.${process.pid}`;
  await mkdir(unfinished, { mode: 0o700 });
  if (launcher.owner) {
    await chown(unfinished, launcher.owner.uid, launcher.owner.gid);
    await chown(paths.password, launcher.owner.uid, launcher.owner.gid);
  }
  const options = [
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--encoding=UTF8',
    '--no-instructions',
  ];
  const access = ['--auth=scram-sha-256', `--username=${SUPERUSER}`, `--pwfile=${paths.password}`];
  const sync = durable ? [] : ['--no-sync'];
  await launcher.run(
    binaries.initdb,
    [`--pgdata=${unfinished}`, ...options, ...access, ...sync],
    INITDB_TIMEOUT_MS,
  );
  await rename(unfinished, paths.data);
  return password;
}

async function removeUnfinished({ directory, data }: ClusterPaths): Promise<void> {
  const names = await readdir(directory);
  const unfinished = names
    .map((name) => join(directory, name))
    .filter((path) => path.startsWith(`${data}.unfinished.`));
  await Promise.all(unfinished.map((path) => rm(path, { recursive: true, force: true })));
}

async function readPassword({ password, data }: ClusterPaths): Promise<string> {
  try {
    return (await readFile(password, 'utf8')).trim();
  } catch (cause) {
    throw new Error(
      `The password of the embedded database cannot be read from ${password}. Run as the user who made it, put ` +
        `the file back, or remove ${data} to begin with an empty database.`,
      { cause },
    );
  }
}

/** Data that root has copied or restored belongs to root, as whom PostgreSQL does not run. */
async function giveTo(owner: Owner | undefined, path: string): Promise<void> {
  if (owner === undefined) return;
  const { uid } = await stat(path);
  if (uid === owner.uid) return;
  const entries = await readdir(path, { recursive: true });
  for (const entry of ['', ...entries]) await chown(join(path, entry), owner.uid, owner.gid);
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}
