import { Transform } from 'node:stream';
import type { Cache } from '../cache/cache.ts';

/** A small answer as it was made, uncompressed. */
export interface CachedPage {
  /** File name of the download. */
  readonly name: string;
  /** Cursor of its last row, when more follows. */
  readonly next: string | null;
  readonly body: string;
}

/** @param tag entity tag of the answer, which says everything that was asked and of which version of the data */
export async function readCachedPage(cache: Cache, tag: string): Promise<CachedPage | undefined> {
  const text = await cache.get(tag);
  if (text === undefined) return undefined;
  const [name = '', next = ''] = text.split('\n', 2);
  return { name, next: next === '' ? null : next, body: text.slice(name.length + next.length + 2) };
}

/** Passes an answer on and keeps a copy of it once it is complete. */
export function recordPage(cache: Cache, tag: string, { name, next }: Omit<CachedPage, 'body'>): Transform {
  const chunks: Buffer[] = [];
  return new Transform({
    transform(chunk, _encoding, callback) {
      chunks.push(chunk);
      callback(null, chunk);
    },
    flush(callback) {
      // Nobody waits for the cache, which never fails (cache/guard.ts).
      void cache.set(tag, `${name}\n${next ?? ''}\n${Buffer.concat(chunks)}`);
      callback();
    },
  });
}
