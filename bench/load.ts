import { resolve } from 'node:path';
import { program } from './programs.ts';

export interface Load {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/**
 * Asks the same over and over with autocannon, in a process of its own.
 * @throws when any answer is not of the expected status class
 */
export async function load(
  url: string,
  {
    connections = 8,
    seconds = 4,
    headers = {} as Record<string, string>,
    expected = '2xx' as '2xx' | '3xx',
    /** Sent by POST. */
    body = undefined as string | undefined,
  } = {},
): Promise<Load> {
  const autocannon = resolve(import.meta.dirname, '../node_modules/autocannon/autocannon.js');
  const args = ['--json', '--connections', String(connections), '--duration', String(seconds)];
  for (const [name, value] of Object.entries(headers)) args.push('--headers', `${name}=${value}`);
  if (body !== undefined) args.push('--method', 'POST', '--body', body);
  const result = JSON.parse(await program(process.execPath, [autocannon, ...args, url]));
  const unexpected = result.requests.total - result[expected];
  if (unexpected > result.requests.total * 0.01 || result.errors > 0) {
    throw new Error(`${unexpected} of ${result.requests.total} answers of ${url} were not ${expected}.`);
  }
  return {
    requestsPerSecond: result.requests.average,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
  };
}
