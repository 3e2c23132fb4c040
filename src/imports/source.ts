import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pipeline, Readable, type Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { GatewayError } from '../errors.ts';

/** Bytes to import, wherever they come from. */
export interface Source {
  /** As the ledger and messages show it: never with credentials or a query string that may hold some. */
  readonly name: string;
  /** Bytes before decompression, when the source says how many there are. */
  readonly size: number | undefined;
  /** Decompressed bytes; read once. */
  readonly bytes: AsyncIterable<Buffer>;
  /** Bytes read so far, before decompression: comparable to `size`. */
  readonly bytesRead: () => number;
}

/** How long a server may take to answer with its headers, in milliseconds. */
const answerTimeoutMs = 30_000;

/**
 * Opens a file path, an http(s) or file URL, or `-` (standard input). gzip and zstd are recognised by their first
 * bytes, whatever the name says.
 * @throws GatewayError INVALID_SOURCE when there is nothing to read there.
 */
export async function openSource(location: string): Promise<Source> {
  if (location === '-') return sourceOf('-', process.stdin);
  if (/^https?:\/\//i.test(location)) return openUrl(location);
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(location) && !location.startsWith('file://')) {
    throw new GatewayError('INVALID_SOURCE', `${publicName(location)} is of a kind that cannot be read.`, {
      hint: 'Accepted: a file path, an http:// or https:// URL, - for standard input.',
    });
  }
  return openFile(location.startsWith('file://') ? new URL(location).pathname : location);
}

/** A source from bytes that are already at hand: standard input, a request body, a simulation. */
export function sourceOf(name: string, raw: AsyncIterable<Uint8Array>, size?: number): Source {
  let read = 0;
  async function* counted(): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of raw) {
        read += chunk.length;
        yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
      }
    } catch (error) {
      throw sourceError(error);
    }
  }
  return { name, size, bytes: decompressed(counted()), bytesRead: () => read };
}

async function openFile(path: string): Promise<Source> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'does not exist' : `cannot be read (${error.code})`;
    throw new GatewayError('INVALID_SOURCE', `The file ${resolve(path)} ${why}.`);
  });
  if (found.isDirectory()) throw new GatewayError('INVALID_SOURCE', `${resolve(path)} is a directory.`);
  // A pipe or device has no size to measure progress by.
  return sourceOf(
    path,
    createReadStream(path, { highWaterMark: 1 << 20 }),
    found.isFile() ? found.size : undefined,
  );
}

/**
 * Opens an http(s) URL.
 * @param redirect `error` refuses to be sent elsewhere, for URLs that are allowed by their address.
 * @throws GatewayError INVALID_SOURCE when the server does not answer with a file.
 */
export async function openUrl(location: string, redirect: 'follow' | 'error' = 'follow'): Promise<Source> {
  const url = new URL(location);
  const name = publicName(url.href);
  const headers = new Headers();
  if (url.username !== '') {
    const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    headers.set('authorization', `Basic ${Buffer.from(credentials).toString('base64')}`);
    url.username = '';
    url.password = '';
  }
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), answerTimeoutMs);
  const response = await fetch(url, { headers, redirect, signal: controller.signal })
    .catch((error: Error) => {
      const cause = error.cause instanceof Error ? error.cause.message || error.cause.name : error.message;
      throw new GatewayError('INVALID_SOURCE', `${name} does not answer: ${cause}.`);
    })
    .finally(() => clearTimeout(timer));
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw new GatewayError('INVALID_SOURCE', `${name} answers ${response.status} ${response.statusText}.`);
  }
  // fetch undoes Content-Encoding; Content-Length then counts other bytes than we read.
  const encoded = response.headers.has('content-encoding');
  const length = encoded ? null : response.headers.get('content-length');
  return sourceOf(
    name,
    response.body as AsyncIterable<Uint8Array>,
    length === null ? undefined : Number(length),
  );
}

/** What may be shown of a location: without credentials and without a query string, which may hold some. */
export function publicName(location: string): string {
  if (!URL.canParse(location)) return location;
  const url = new URL(location);
  return `${url.protocol}//${url.host}${url.pathname}`;
}

async function* decompressed(chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  let first = Buffer.alloc(0);
  while (first.length < 4) {
    const next = await chunks.next();
    if (next.done) break;
    first = Buffer.concat([first, next.value]);
  }
  const whole = prefixed(first, chunks);
  const decompressor = decompressorFor(first);
  if (decompressor === undefined) {
    yield* whole;
    return;
  }
  try {
    yield* pipeline(Readable.from(whole), decompressor, () => {}) as AsyncIterable<Buffer>;
  } catch (error) {
    throw sourceError(error);
  }
}

async function* prefixed(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first;
  yield* rest;
}

function decompressorFor(first: Buffer): Transform | undefined {
  if (first[0] === 0x1f && first[1] === 0x8b) return createGunzip();
  if (first.length >= 4 && first.readUInt32LE(0) === 0xfd2fb528) return createZstdDecompress();
  return undefined;
}

function sourceError(thrown: unknown): unknown {
  if (thrown instanceof GatewayError || !(thrown instanceof Error)) return thrown;
  return new GatewayError('INVALID_SOURCE', `The source broke off while it was read: ${thrown.message}.`);
}
