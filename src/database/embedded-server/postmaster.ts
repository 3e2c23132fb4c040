import { chown, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PostgresBinaries } from './binaries.ts';
import { freePort } from './free-port.ts';
import type { Launcher } from './launcher.ts';
import { prepareLog, readLog } from './log-file.ts';
import type { ServerPaths } from './paths.ts';
import { isAlive, listCommandLines, processCommandLine } from './processes.ts';
import { portOf, postgresqlConf } from './settings.ts';

/** Long enough for the recovery after a crash in the middle of a bulk load. */
const START_TIMEOUT_S = 120;
const STOP_TIMEOUT_S = 60;
const PORT_ATTEMPTS = 10;

/** The server's main process, which runs on the data directory. */
export interface Postmaster {
  pid: number;
  port: number;
  ready: boolean;
}

/** The running server by its postmaster.pid; `undefined` when that is missing or left behind. */
export async function findPostmaster({ data }: ServerPaths): Promise<Postmaster | undefined> {
  const text = await readUnlessMissing(join(data, 'postmaster.pid'));
  const [pid, directory, , port, , , , status] = text.split('\n');
  // Another directory: this one is a copy, made while the server of the original was running.
  if (directory !== data || !isAlive(Number(pid))) return undefined;
  const command = await processCommandLine(Number(pid));
  // Another program: the id was given again since. No command line: a zombie.
  if (process.platform !== 'win32' && !command?.includes(data)) return undefined;
  return { pid: Number(pid), port: Number(port), ready: status?.trim() === 'ready' };
}

/** The running server, once it has finished starting; `undefined` when there is none, or it has finished stopping. */
export async function awaitPostmaster(paths: ServerPaths): Promise<Postmaster | undefined> {
  const deadline = Date.now() + START_TIMEOUT_S * 1000;
  for (;;) {
    const postmaster = await findPostmaster(paths);
    if (postmaster === undefined || postmaster.ready) return postmaster;
    if (Date.now() > deadline) {
      throw new Error(
        `The embedded database (process ${postmaster.pid}) has been starting or stopping for ${START_TIMEOUT_S} s. ` +
          `See ${paths.log}; end that process to have it started anew.`,
      );
    }
    await sleep(50);
  }
}

/** Starts the server and waits until it answers. */
export async function startPostmaster(
  paths: ServerPaths,
  binaries: PostgresBinaries,
  launcher: Launcher,
  { durable }: { durable: boolean },
): Promise<Postmaster> {
  const deadline = Date.now() + START_TIMEOUT_S * 1000;
  const conf = join(paths.data, 'postgresql.conf');
  // First the port of the last run: the pools of processes that still use a server that crashed find it again.
  let preferredPort = portOf(await readUnlessMissing(conf));
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort(preferredPort);
    await writeFile(conf, postgresqlConf({ port, clusterName: paths.clusterName, durable }), { mode: 0o600 });
    if (launcher.owner) await chown(conf, launcher.owner.uid, launcher.owner.gid);
    await removeMisleadingPidFile(paths);
    const logOffset = await prepareLog(paths.log, launcher.owner);
    const options = ['--wait', `--timeout=${START_TIMEOUT_S}`, `--log=${paths.log}`, '--silent'];
    try {
      await launcher.run(
        binaries.pg_ctl,
        ['start', `--pgdata=${paths.data}`, ...options],
        (START_TIMEOUT_S + 10) * 1000,
      );
      const postmaster = await findPostmaster(paths);
      if (postmaster) return postmaster;
      throw new Error('It ended right after its start.');
    } catch (cause) {
      const log = await readLog(paths.log, logOffset);
      if (/could not create any TCP\/IP sockets/.test(log) && attempt < PORT_ATTEMPTS) {
        preferredPort = undefined;
        continue;
      }
      if (/pre-existing shared memory block/.test(log) && Date.now() < deadline) {
        await endOrphans(paths);
        await sleep(100);
        continue;
      }
      throw new Error(
        `The embedded database did not start: ${(cause as Error).message}\nIts log, ${paths.log}, ends with:\n${log}`,
        { cause },
      );
    }
  }
}

/** Ends all sessions, writes a checkpoint and stops the server. */
export async function stopPostmaster(
  paths: ServerPaths,
  binaries: PostgresBinaries,
  launcher: Launcher,
): Promise<void> {
  const options = ['--wait', `--timeout=${STOP_TIMEOUT_S}`, '--mode=fast', '--silent'];
  try {
    await launcher.run(
      binaries.pg_ctl,
      ['stop', `--pgdata=${paths.data}`, ...options],
      (STOP_TIMEOUT_S + 10) * 1000,
    );
  } catch (cause) {
    // It may have ended by itself in the meantime.
    if ((await findPostmaster(paths)) === undefined) return;
    throw new Error(
      `The embedded database in ${paths.data} did not stop: ${(cause as Error).message}\nSee ${paths.log}.`,
      { cause },
    );
  }
}

/**
 * PostgreSQL itself recognises the file of a server that died, except when the process id is in use again, by
 * whatever program: then it refuses to start. Whether its memory is still in use it checks apart from the file.
 */
async function removeMisleadingPidFile(paths: ServerPaths): Promise<void> {
  if ((await findPostmaster(paths)) === undefined)
    await rm(join(paths.data, 'postmaster.pid'), { force: true });
}

/**
 * Sessions of a server that was killed hold its memory until they notice, which one that computes does not before
 * it is done, and no new server starts before. Nothing is lost by it: what they do can no longer be committed.
 */
async function endOrphans(paths: ServerPaths): Promise<void> {
  if ((await findPostmaster(paths)) !== undefined) return;
  for (const [pid, command] of await listCommandLines()) {
    if (!command.startsWith(`postgres: ${paths.clusterName}: `)) continue;
    try {
      process.kill(pid, 'SIGQUIT');
    } catch {
      // It has ended by itself.
    }
  }
}

async function readUnlessMissing(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
}
