import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import type { PostgresBinaries } from './binaries.ts';

const execute = promisify(execFile);

/** How to run a PostgreSQL program so that it accepts its user. */
export interface Launcher {
  /** Whom the data must belong to; `undefined` when it is simply the user of this process. */
  readonly owner: Owner | undefined;
  /** Runs a program to its end. Rejects with what it printed when it fails. */
  run(file: string, args: readonly string[], timeoutMs: number): Promise<string>;
}

export interface Owner {
  uid: number;
  gid: number;
}

/**
 * PostgreSQL refuses to run as root. For root this finds an account to run it as: the owner of existing data,
 * else `postgres`, else `nobody`.
 *
 * @param directory holds the data; the account must be able to reach it and the binaries.
 */
export async function createLauncher(
  binaries: PostgresBinaries,
  directory: string,
  dataOwner: Owner | undefined,
): Promise<Launcher> {
  if (process.geteuid?.() !== 0) return launcher(directory, undefined, []);
  const owner = dataOwner && dataOwner.uid !== 0 ? dataOwner : await findAccount();
  const failures: string[] = [];
  for (const prefix of await prefixes(owner)) {
    const candidate = launcher(directory, owner, prefix);
    try {
      // A program of the package itself, since it also has to load the package's libraries.
      await candidate.run(binaries.postgres, ['--version'], 10_000);
      await candidate.run(
        '/bin/sh',
        ['-c', 'test -x "$1" && test -r "$2"', 'sh', directory, binaries.pg_ctl],
        10_000,
      );
      return candidate;
    } catch (error) {
      failures.push((error as Error).message);
    }
  }
  throw new Error(
    `PostgreSQL does not run as root, and the account it would run as (uid ${owner.uid}) cannot reach ` +
      `${directory} or ${binaries.postgres}. Run as an ordinary user, move the checkout to a place that other users ` +
      `can enter, or set DATABASE_URL to a PostgreSQL server of your own.\n${failures.join('\n')}`,
  );
}

/**
 * From least to most privilege. When a folder above is closed to the account (a checkout under /root, a temporary
 * folder with mode 0700), it needs the one capability that lets it pass: to read and search. Containers often
 * grant root dac_override but not dac_read_search, so that the wider one is the last resort.
 * no_setuid_fixup, since access(2), by which PostgreSQL checks its own files, otherwise ignores the capabilities
 * of everyone but root.
 */
async function prefixes(owner: Owner): Promise<string[][]> {
  const hasSetpriv = await execute('setpriv', ['--version']).then(
    ({ stdout }) => stdout.includes('util-linux'),
    () => false,
  );
  if (!hasSetpriv) return [[]];
  const plain = ['setpriv', '--reuid', String(owner.uid), '--regid', String(owner.gid), '--clear-groups'];
  const withCapability = (name: string) => [
    ...plain,
    `--inh-caps=+${name}`,
    `--ambient-caps=+${name}`,
    '--securebits=+no_setuid_fixup',
  ];
  return [plain, withCapability('dac_read_search'), withCapability('dac_override')];
}

async function findAccount(): Promise<Owner> {
  for (const name of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = await Promise.all([execute('id', ['-u', name]), execute('id', ['-g', name])]);
      return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
    } catch {
      // No such account: the next one.
    }
  }
  throw new Error(
    'PostgreSQL does not run as root, and there is neither an account "postgres" nor "nobody" to run it as. ' +
      'Run as an ordinary user, or set DATABASE_URL to a PostgreSQL server of your own.',
  );
}

function launcher(directory: string, owner: Owner | undefined, prefix: readonly string[]): Launcher {
  return {
    owner,
    run(file, args, timeoutMs) {
      const [program = file, ...rest] = [...prefix, file, ...args];
      const child = spawn(program, rest, {
        cwd: directory,
        env: environment(),
        stdio: ['ignore', 'pipe', 'pipe'],
        // A process group of its own, so that Ctrl-C does not reach it in the middle of its work.
        detached: process.platform !== 'win32',
        windowsHide: true,
        ...(prefix.length === 0 && owner),
      });
      return outcome(child, file, timeoutMs);
    },
  };
}

/** Variables such as PGHOST, PGOPTIONS or a translated LC_MESSAGES would change what the programs do and say. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG|NODE_)/.test(name));
  return { ...Object.fromEntries(kept), LC_ALL: 'C' };
}

function outcome(child: ChildProcess, file: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${file} did not end within ${timeoutMs / 1000} s.\n${output.trim()}`));
    }, timeoutMs);
    child.on('error', (cause) => {
      clearTimeout(timer);
      reject(new Error(`${file} cannot be run: ${cause.message}`, { cause }));
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(output.trim());
      else reject(new Error(`${file} failed (${signal ?? `exit code ${code}`}).\n${output.trim()}`));
    });
  });
}
