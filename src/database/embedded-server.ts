import { mkdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { findBinaries } from './embedded-server/binaries.ts';
import {
  createCluster,
  findDataOwner,
  readPassword,
  repairOwnership,
  SUPERUSER,
} from './embedded-server/cluster.ts';
import { withDirectoryLock } from './embedded-server/directory-lock.ts';
import { ensureDatabase } from './embedded-server/ensure-database.ts';
import { addHolder } from './embedded-server/holders.ts';
import { createLauncher, type Owner } from './embedded-server/launcher.ts';
import { keepLogLimited } from './embedded-server/log-file.ts';
import { type ServerPaths, serverPaths } from './embedded-server/paths.ts';
import { awaitPostmaster, type Postmaster, startPostmaster } from './embedded-server/postmaster.ts';
import { stopAtExit } from './embedded-server/stop-at-exit.ts';
import { stopWhenUnheld } from './embedded-server/stop-when-unheld.ts';

const DATABASE = 'measurement';

const ANSWER_TIMEOUT_MS = 30_000;
/** What a server says that recovers, shuts down, is full, or is just being killed. */
const PASSING_STATES = new Set(['57P03', '57P01', '53300', 'ECONNREFUSED', 'ECONNRESET']);

export interface EmbeddedServerOptions {
  /** Holds the data, its password, the log and the list of who uses it; made when missing. */
  directory: string;
  /** Told in one line each what happens. */
  onLog?: (message: string) => void;
  /** False trades safety against crashes for speed: for throw-away data only. Default true. */
  durable?: boolean;
}

export interface EmbeddedServer {
  /** Connection string of the database `measurement`, as its superuser. */
  url: string;
  /** Lets go of the server, and stops it when no other process uses it. May be called twice. */
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL from the npm package of this platform, or joins the one that already runs on the same
 * directory: for another process, or left behind by one that was killed. It listens on 127.0.0.1 only, at a port
 * of its own, outside the process group of the terminal.
 */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const { directory, onLog = () => {}, durable = true } = options;
  try {
    await mkdir(directory, { recursive: true });
    const paths = await serverPaths(directory);
    return await withDirectoryLock(paths.directory, async () => {
      const serverUrl = await startOrJoin(paths, durable, onLog);
      onLog(`Embedded database on ${new URL(serverUrl).host}`);
      return { url: `${serverUrl}/${DATABASE}`, stop: await hold(paths, onLog) };
    });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EROFS') throw cause;
    throw new Error(
      `This user cannot use the embedded database in ${directory} (${message}). Run as the user it belongs to, ` +
        'remove it to begin with an empty one, or set DATABASE_URL to a PostgreSQL server of your own.',
      { cause },
    );
  }
}

/** Registers this process as a user of the running server. Returns how to let go of it. */
async function hold(paths: ServerPaths, onLog: (message: string) => void): Promise<() => Promise<void>> {
  const holder = await addHolder(paths);
  const forgetExit = stopAtExit(paths, holder);
  const leaveLog = keepLogLimited(paths.log);
  const stop = async () => {
    leaveLog();
    holder.remove();
    if (await stopWhenUnheld(paths.directory)) onLog('Embedded database stopped');
    forgetExit();
  };
  let stopped: Promise<void> | undefined;
  return () => {
    stopped ??= stop();
    return stopped;
  };
}

/** @returns the server's URL without a database, once it answers and has ours */
async function startOrJoin(
  paths: ServerPaths,
  durable: boolean,
  onLog: (message: string) => void,
): Promise<string> {
  const deadline = Date.now() + ANSWER_TIMEOUT_MS;
  for (;;) {
    const dataOwner = await findDataOwner(paths);
    const postmaster = (await awaitPostmaster(paths)) ?? (await start(paths, dataOwner, durable, onLog));
    const serverUrl = `postgresql://${SUPERUSER}:${await readPassword(paths)}@127.0.0.1:${postmaster.port}`;
    try {
      await ensureDatabase(`${serverUrl}/postgres`, DATABASE);
      return serverUrl;
    } catch (cause) {
      const { code, message } = cause as Error & { code?: string };
      // It may also be dying, so look for it again.
      if (code && PASSING_STATES.has(code) && Date.now() < deadline) {
        await sleep(100);
        continue;
      }
      throw new Error(
        `The embedded database (process ${postmaster.pid}, port ${postmaster.port}) does not answer: ${message}. ` +
          `See ${paths.log}; end that process to have it started anew.`,
        { cause },
      );
    }
  }
}

async function start(
  paths: ServerPaths,
  dataOwner: Owner | undefined,
  durable: boolean,
  onLog: (message: string) => void,
): Promise<Postmaster> {
  const binaries = await findBinaries();
  const launcher = await createLauncher(paths, binaries, dataOwner);
  if (dataOwner === undefined) {
    onLog(`Creating the embedded database in ${paths.data}`);
    await createCluster(paths, binaries, launcher, { durable });
  }
  await repairOwnership(paths, launcher.owner);
  return startPostmaster(paths, binaries, launcher, { durable });
}
