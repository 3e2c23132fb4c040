import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Client } from 'pg';
import { findBinaries } from './embedded-server/binaries.ts';
import { clusterPaths, dataOwner, ensureCluster, SUPERUSER } from './embedded-server/cluster.ts';
import { withDirectoryLock } from './embedded-server/directory-lock.ts';
import { addHolder, countHolders } from './embedded-server/holders.ts';
import { createLauncher } from './embedded-server/launcher.ts';
import {
  canonicalDirectory,
  findPostmaster,
  startPostmaster,
  stopPostmaster,
} from './embedded-server/postmaster.ts';

const DATABASE = 'measurement';

export interface EmbeddedServerOptions {
  /** Holds the data, its password, the log and who uses it; made when missing. */
  directory: string;
  /** Told in one line what takes time. */
  onLog?: (message: string) => void;
  /** False gives up safety against crashes for speed: for throw-away data only. Default true. */
  durable?: boolean;
}

export interface EmbeddedServer {
  /** Connection string of the database `measurement`, as its superuser. */
  url: string;
  /** Lets go of the server; it stops when no other process uses it. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL from the npm package of this platform, or joins the one that already runs on the same
 * directory. It listens on 127.0.0.1 only, at a port of its own, and survives the death of the process that
 * started it: the next start finds it again.
 */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const { onLog = () => {}, durable = true } = options;
  await mkdir(resolve(options.directory), { recursive: true });
  const directory = await canonicalDirectory(resolve(options.directory));
  const paths = clusterPaths(directory);
  const binaries = await findBinaries();

  const { url, holder, launcher } = await withDirectoryLock(directory, async () => {
    const launcher = await createLauncher(binaries, directory, await dataOwner(paths));
    if (!(await dataOwner(paths))) onLog(`Creating the embedded database in ${paths.data}`);
    const password = await ensureCluster(paths, binaries, launcher, { durable });
    let postmaster = await findPostmaster(paths);
    if (postmaster === undefined) {
      postmaster = await startPostmaster(paths, binaries, launcher, { durable });
      onLog(`Embedded database started on 127.0.0.1:${postmaster.port}`);
    } else {
      onLog(`Embedded database found on 127.0.0.1:${postmaster.port}`);
    }
    const server = `postgresql://${SUPERUSER}:${password}@127.0.0.1:${postmaster.port}`;
    await ensureDatabase(`${server}/postgres`);
    return { url: `${server}/${DATABASE}`, holder: await addHolder(directory), launcher };
  });

  let stopping: Promise<void> | undefined;
  const stop = () =>
    withDirectoryLock(directory, async () => {
      holder.removeSync();
      if ((await countHolders(directory)) > 0 || !(await findPostmaster(paths))) return;
      await stopPostmaster(paths, binaries, launcher);
      onLog('Embedded database stopped');
    });
  return {
    url,
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}

async function ensureDatabase(adminUrl: string): Promise<void> {
  const client = new Client({ connectionString: adminUrl, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE "${DATABASE}"`);
  } finally {
    await client.end();
  }
}
