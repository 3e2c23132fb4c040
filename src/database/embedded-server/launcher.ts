import { type ChildProcess, execFile, type SpawnOptions, spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { PostgresBinaries } from './binaries.ts';
import type { ServerPaths } from './paths.ts';

const execute = promisify(execFile);

const OWN_SERVER = 'set DATABASE_URL to a PostgreSQL server of your own';

/** How to run the PostgreSQL programs as a user they accept. */
export interface Launcher {
  /** Whom the data must belong to; `undefined` when that is simply the user of this process. */
  readonly owner: Owner | undefined;
  /** Runs a program to its end. Rejects with what it printed when it fails. */
  run(file: string, args: readonly string[], timeoutMs: number): Promise<string>;
}

export interface Owner {
  uid: number;
  gid: number;
}

/**
 * Finds a way to run the programs, and proves it by running one. PostgreSQL refuses to run as root; for root it
 * runs as the owner of existing data, of the directory, as the account `postgres`, or as `nobody`: the first of
 * them that exists and is not root.
 */
export async function createLauncher(
  paths: ServerPaths,
  binaries: PostgresBinaries,
  dataOwner: Owner | undefined,
): Promise<Launcher> {
  if (process.geteuid?.() === 0) return createLauncherForRoot(paths, binaries, dataOwner);
  const launcher = launcherWith(paths, undefined, []);
  await launcher.run(binaries.postgres, ['--version'], 10_000).catch((cause: Error) => {
    // musl instead of glibc, or the package's install script was not allowed to complete its libraries.
    throw new Error(
      `The embedded PostgreSQL does not run on this system. Try npm rebuild, or ${OWN_SERVER}.\n${cause.message}`,
      { cause },
    );
  });
  return launcher;
}

async function createLauncherForRoot(
  paths: ServerPaths,
  binaries: PostgresBinaries,
  dataOwner: Owner | undefined,
): Promise<Launcher> {
  const owner = await accountFor(paths, dataOwner);
  const failures: string[] = [];
  for (const prefix of await commandPrefixes(owner)) {
    const launcher = launcherWith(paths, owner, prefix);
    try {
      // It also has to read the package's libraries, its own path, and the directory.
      await launcher.run(binaries.postgres, ['--version'], 10_000);
      const canUse = 'test -x "$1" && test -r "$2" && test -x "$2"';
      await launcher.run('/bin/sh', ['-c', canUse, 'sh', paths.directory, binaries.pg_ctl], 10_000);
      return launcher;
    } catch (error) {
      failures.push(`${prefix.join(' ') || `uid ${owner.uid}`}: ${(error as Error).message}`);
    }
  }
  throw new Error(
    `PostgreSQL refuses to run as root, and the account it would run as (uid ${owner.uid}) cannot use ` +
      `${paths.directory} or ${binaries.postgres}. Run as an ordinary user, move the checkout to a place that ` +
      `other users can enter, or ${OWN_SERVER}.\n${failures.join('\n')}`,
  );
}

/**
 * From least to most privilege. Where a folder above is closed to the account (a checkout under /root, a temporary
 * folder of mode 0700), it needs the capability to pass: reading and searching is enough, but containers
 * usually withhold that one from root and grant the wider dac_override, which therefore is the last resort.
 * no_setuid_fixup, since access(2), by which PostgreSQL checks its own programs, otherwise ignores the
 * capabilities of anyone but root.
 */
async function commandPrefixes({ uid, gid }: Owner): Promise<string[][]> {
  const { stdout } = await execute('setpriv', ['--version']).catch(() => ({ stdout: '' }));
  // The setpriv of BusyBox cannot change users; Node can, but gives no capabilities.
  if (!stdout.includes('util-linux')) return [[]];
  const plain = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
  const capabilities = ['dac_read_search', 'dac_override'].map((name) => [
    ...plain,
    `--inh-caps=+${name}`,
    `--ambient-caps=+${name}`,
    '--securebits=+no_setuid_fixup',
  ]);
  return [plain, ...capabilities];
}

async function accountFor({ directory }: ServerPaths, dataOwner: Owner | undefined): Promise<Owner> {
  if (dataOwner && dataOwner.uid !== 0) return dataOwner;
  const { uid, gid } = await stat(directory);
  // initdb refuses a user without a name, which the owner of a mounted folder may be in a container.
  if (uid !== 0 && (await idOf('-un', String(uid)))) return { uid, gid };
  for (const name of ['postgres', 'nobody']) {
    const [user, group] = await Promise.all([idOf('-u', name), idOf('-g', name)]);
    if (user && group) return { uid: Number(user), gid: Number(group) };
  }
  throw new Error(
    'PostgreSQL refuses to run as root, and there is neither an account "postgres" nor "nobody" to run it as. ' +
      `Run as an ordinary user, or ${OWN_SERVER}.`,
  );
}

async function idOf(option: '-u' | '-g' | '-un', account: string): Promise<string | undefined> {
  const answer = await execute('id', [option, account]).catch(() => undefined);
  return answer?.stdout.trim();
}

function launcherWith(paths: ServerPaths, owner: Owner | undefined, prefix: readonly string[]): Launcher {
  const options: SpawnOptions = {
    cwd: paths.directory,
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, so that Ctrl-C does not reach it in the middle of its work.
    detached: process.platform !== 'win32',
    windowsHide: true,
    ...(prefix.length === 0 && owner && { uid: owner.uid, gid: owner.gid }),
  };
  return {
    owner,
    run(file, args, timeoutMs) {
      const [program = file, ...programArgs] = [...prefix, file, ...args];
      return runToEnd(program, programArgs, options, timeoutMs);
    },
  };
}

/** Variables such as PGHOST, PGOPTIONS or a translated LC_MESSAGES would change what the programs do and say. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG)/.test(name));
  return { ...Object.fromEntries(kept), LC_ALL: 'C' };
}

async function runToEnd(
  program: string,
  args: readonly string[],
  options: SpawnOptions,
  timeoutMs: number,
): Promise<string> {
  const child = spawn(program, args, options);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill('SIGKILL');
  }, timeoutMs);
  try {
    const [code, signal] = await end(child);
    if (code === 0) return output.trim();
    const reason = timedOut
      ? `did not end within ${timeoutMs / 1000} s`
      : `failed (${signal ?? `exit code ${code}`})`;
    throw new Error(`${program} ${reason}: ${output.trim()}`);
  } finally {
    clearTimeout(timer);
  }
}

/** The end of a program. Its output may never end: on Windows the server inherits the pipes of pg_ctl. */
function end(child: ChildProcess): Promise<[code: number | null, signal: NodeJS.Signals | null]> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve([code, signal]));
    child.on('exit', (code, signal) => setTimeout(() => resolve([code, signal]), 500).unref());
  });
}
