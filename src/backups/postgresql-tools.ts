import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { GatewayError } from '../errors.ts';

export interface RunningTool {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Resolves when the program ended well. @throws GatewayError with its own words otherwise. */
  readonly finished: Promise<void>;
  kill(): void;
}

/** Starts pg_dump or pg_restore of the PATH on the database of `url`, or on none. */
export function startTool(
  name: 'pg_dump' | 'pg_restore',
  args: readonly string[],
  url?: string,
): RunningTool {
  const child = spawn(name, args, {
    env: { ...process.env, ...(url !== undefined && connectionEnvironment(url)) },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-4_000);
  });
  // A program that has given up does not read on; its exit code tells.
  child.stdin.on('error', () => {});
  const finished = (async () => {
    try {
      const [code] = await once(child, 'close');
      if (code !== 0) throw failure(name, complaint.trim() || `${name} ended with ${code}.`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      throw new GatewayError('CONFLICT', `${name} is not installed.`, {
        hint: 'It is part of the PostgreSQL client, of the server’s version or newer: apt-get install postgresql-client.',
      });
    }
  })();
  // It is awaited by the caller, but maybe after the streams.
  finished.catch(() => {});
  return { stdin: child.stdin, stdout: child.stdout, finished, kill: () => void child.kill() };
}

function failure(name: string, complaint: string): GatewayError {
  if (!/server version mismatch|unsupported version/.test(complaint)) {
    return new GatewayError('CONFLICT', complaint);
  }
  return new GatewayError('CONFLICT', complaint, {
    hint: `${name} must not be older than the server: install the PostgreSQL client of its version and put it first on the PATH.`,
  });
}

/** A URL as libpq's variables: a command line, with the password in it, would be everybody's to read. */
export function connectionEnvironment(url: string): Record<string, string> {
  const { hostname, port, username, password, pathname, searchParams } = new URL(url);
  const sslmode = searchParams.get('sslmode');
  return {
    PGHOST: searchParams.get('host') ?? decodeURIComponent(hostname.replace(/^\[|\]$/g, '')),
    PGPORT: port || '5432',
    PGUSER: decodeURIComponent(username),
    PGDATABASE: decodeURIComponent(pathname.slice(1)),
    ...(password !== '' && { PGPASSWORD: decodeURIComponent(password) }),
    // node-postgres' word for what libpq calls `require`.
    ...(sslmode !== null && { PGSSLMODE: sslmode === 'no-verify' ? 'require' : sslmode }),
    PGAPPNAME: 'measurement-app backup',
    PGCONNECT_TIMEOUT: '10',
  };
}
