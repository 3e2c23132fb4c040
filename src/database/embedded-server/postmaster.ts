import { chown, open, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PostgresBinaries } from './binaries.ts';
import type { ClusterPaths } from './cluster.ts';
import type { Launcher } from './launcher.ts';
import { isAlive, processCommandLine } from './process-identity.ts';
import { postgresqlConf } from './settings.ts';

/** Long enough for the recovery after a crash in the middle of a bulk load. */
const START_TIMEOUT_S = 120;
const STOP_TIMEOUT_S = 60;
const ATTEMPTS = 8;
const LOG_LIMIT_BYTES = 5_000_000;

/** A server process that runs on the data directory. */
export interface Postmaster {
  pid: number;
  port: number;
  ready: boolean;
}

/** The running server, found by its postmaster.pid; `undefined` when that is missing or left by a dead one. */
export async function findPostmaster({ data }: ClusterPaths): Promise<Postmaster | undefined> {
  const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '');
  const [pid = '', directory = '', , port = '', , , , status = ''] = text.split('\n');
  if (!isAlive(Number(pid))) return undefined;
  const command = await processCommandLine(Number(pid));
  if (command !== undefined && !command.includes(directory)) return undefined;
  return { pid: Number(pid), port: Number(port), ready: status.trim() === 'ready' };
}

/** Starts the server on a free port and waits until it answers. */
export async function startPostmaster(
  paths: ClusterPaths,
  binaries: PostgresBinaries,
  launcher: Launcher,
  { durable }: { durable: boolean },
): Promise<Postmaster> {
  let port = await lastPort(paths);
  for (let attempt = 1; ; attempt += 1) {
    port = await freePort(port);
    const conf = join(paths.data, 'postgresql.conf');
    await writeFile(conf, postgresqlConf({ port, durable }), { mode: 0o600 });
    await prepareLog(paths, launcher);
    // A process id that some other program got since would make PostgreSQL believe that it still runs.
    await rm(join(paths.data, 'postmaster.pid'), { force: true });
    try {
      const options = ['--wait', `--timeout=${START_TIMEOUT_S}`, `--log=${paths.log}`, '--silent'];
      await launcher.run(
        binaries.pg_ctl,
        ['start', `--pgdata=${paths.data}`, ...options],
        (START_TIMEOUT_S + 10) * 1000,
      );
      const postmaster = await findPostmaster(paths);
      if (postmaster?.ready) return postmaster;
      throw new Error('The server ended right after its start.');
    } catch (cause) {
      const log = await logTail(paths);
      const portTaken = /could not bind|could not create any TCP\/IP sockets/.test(log);
      // Backends of a server that was killed hold its memory until they notice, which a new server waits for.
      const memoryInUse = /pre-existing shared memory block/.test(log);
      if (attempt < ATTEMPTS && (portTaken || memoryInUse)) {
        if (portTaken) port = undefined;
        else await sleep(250 * attempt);
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
  paths: ClusterPaths,
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
    if ((await findPostmaster(paths)) === undefined) return;
    throw new Error(
      `The embedded database in ${paths.data} did not stop: ${(cause as Error).message}\nSee ${paths.log}.`,
      { cause },
    );
  }
}

/** The port of the last run, so that pools of other processes find the server again after a crash. */
async function lastPort({ data }: ClusterPaths): Promise<number | undefined> {
  const text = await readFile(join(data, 'postgresql.conf'), 'utf8').catch(() => '');
  const port = /^port = (\d+)$/m.exec(text)?.[1];
  return port === undefined ? undefined : Number(port);
}

async function freePort(preferred: number | undefined): Promise<number> {
  if (preferred === undefined) return probe(0);
  return probe(preferred).catch(() => probe(0));
}

function probe(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen({ port, host: '127.0.0.1' }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : port));
    });
  });
}

async function prepareLog({ log }: ClusterPaths, { owner }: Launcher): Promise<void> {
  await rotateLog(log);
  await (await open(log, 'a', 0o600)).close();
  if (owner) await chown(log, owner.uid, owner.gid);
}

async function rotateLog(log: string): Promise<void> {
  const size = await stat(log).then(
    (found) => found.size,
    () => 0,
  );
  if (size > LOG_LIMIT_BYTES) await rename(log, `${log}.1`);
}

async function logTail({ log }: ClusterPaths): Promise<string> {
  const text = await readFile(log, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-12).join('\n');
}

/** The path as PostgreSQL writes it into postmaster.pid and its command line. */
export async function canonicalDirectory(directory: string): Promise<string> {
  return realpath(directory);
}
