import { createHash, type Hash } from 'node:crypto';
import type pg from 'pg';
import { GatewayError } from '../errors.ts';
import { type Layout, readCsvLayout, readNdjsonLayout } from './layout.ts';
import { ndjsonKeys } from './ndjson-records.ts';
import type { ReadOptions } from './read-options.ts';
import { type RecordChunk, recordChunks } from './record-chunks.ts';
import type { Source } from './source.ts';
import { stage } from './stage.ts';
import { toUtf8 } from './text-encoding.ts';

export interface Staged {
  readonly layout: Layout;
  /** Of the bytes after decompression. */
  readonly sha256: string;
  readonly lines: number;
}

/**
 * Reads a source to its end into the staging table of this connection.
 * @throws GatewayError INVALID_SOURCE when it cannot be read or its header is not understood.
 */
export async function stageSource(
  client: pg.ClientBase,
  source: Source,
  options: ReadOptions,
  onChunk: (lines: number) => void,
): Promise<Staged> {
  const hash = createHash('sha256');
  const { format, bytes } = await detectFormat(
    toUtf8(hashed(source.bytes, hash), options.encoding),
    source.name,
  );
  const chunks = recordChunks(bytes, format === 'csv');
  const first = await chunks.next();
  if (first.done) throw new GatewayError('INVALID_SOURCE', `${source.name} is empty.`);
  const layout = await readLayout(format, first.value, options).catch((error: unknown) => {
    letGo(chunks);
    throw error;
  });
  let lines = 0;
  async function* records(): AsyncGenerator<RecordChunk> {
    if (first.done) return;
    yield format === 'csv' ? withoutHeader(first.value) : first.value;
    for await (const chunk of chunks) {
      lines = chunk.firstLine + chunk.lines - 1;
      yield chunk;
    }
  }
  await stage(client, layout, readAhead(records()), () => onChunk(lines));
  return { layout, sha256: hash.digest('hex'), lines };
}

async function readLayout(
  format: Layout['format'],
  first: RecordChunk,
  options: ReadOptions,
): Promise<Layout> {
  return format === 'csv'
    ? readCsvLayout(first.bytes, options)
    : readNdjsonLayout(ndjsonKeys(first), options);
}

/** NDJSON begins with a brace, a CSV header never does. */
async function detectFormat(
  bytes: AsyncGenerator<Buffer>,
  name: string,
): Promise<{ format: Layout['format']; bytes: AsyncIterable<Buffer> }> {
  const first = await bytes.next();
  if (first.done) throw new GatewayError('INVALID_SOURCE', `${name} is empty.`);
  async function* whole(): AsyncGenerator<Buffer> {
    if (!first.done) yield first.value;
    yield* bytes;
  }
  return { format: /^\s*\{/.test(first.value.toString('utf8', 0, 1024)) ? 'ndjson' : 'csv', bytes: whole() };
}

function withoutHeader({ bytes, lines }: RecordChunk): RecordChunk {
  const end = bytes.indexOf('\n') + 1 || bytes.length;
  return { bytes: bytes.subarray(end), firstLine: 2, lines: lines - 1 };
}

async function* hashed(bytes: AsyncIterable<Buffer>, hash: Hash): AsyncGenerator<Buffer> {
  for await (const part of bytes) {
    hash.update(part);
    yield part;
  }
}

/** Reads the next chunk while the database takes this one. */
async function* readAhead<T>(items: AsyncGenerator<T>): AsyncGenerator<T> {
  let next = items.next();
  try {
    for (;;) {
      const item = await next;
      if (item.done) return;
      next = items.next();
      // Awaited on the next turn; if the consumer stops before that, nobody is left to be told.
      next.catch(() => {});
      yield item.value;
    }
  } finally {
    letGo(items);
  }
}

/** Closes what is behind a generator, without waiting for a source that may be slow to notice. */
function letGo(items: AsyncGenerator<unknown>): void {
  items.return(undefined).catch(() => {});
}
