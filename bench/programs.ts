import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Download {
  readonly seconds: number;
  readonly firstByteSeconds: number;
  readonly bytes: number;
}

/** Downloads with curl into nothing, in a process of its own, so that the client's work is not the benchmark's. */
export async function curl(url: string, headers: readonly string[] = []): Promise<Download> {
  const { stdout } = await run('curl', [
    '--silent',
    '--show-error',
    '--fail',
    ...headers.flatMap((header) => ['--header', header]),
    '--output',
    '/dev/null',
    '--write-out',
    '%{time_total} %{time_starttransfer} %{size_download}',
    url,
  ]);
  const [seconds, firstByteSeconds, bytes] = stdout.split(' ').map(Number) as [number, number, number];
  return { seconds, firstByteSeconds, bytes };
}

/** Seconds that `psql \copy (query) to /dev/null` takes, as psql itself times it. */
export async function psqlCopy(databaseUrl: string, query: string): Promise<number> {
  const { stdout } = await run('psql', [
    databaseUrl,
    '--no-psqlrc',
    '--quiet',
    '--command',
    '\\timing on',
    '--command',
    `\\copy (${query.replaceAll('\n', ' ')}) to '/dev/null' with (format csv, header true)`,
  ]);
  return Number(/Time: ([\d.]+) ms/.exec(stdout)?.[1]) / 1000;
}

/** Runs a program to its end. @returns what it printed. */
export async function program(
  command: string,
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<string> {
  const { stdout } = await run(command, [...args], {
    env: { ...process.env, ...environment },
    maxBuffer: 1 << 26,
  });
  return stdout;
}
