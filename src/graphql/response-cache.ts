import { createHash } from 'node:crypto';
import { metrics } from '@opentelemetry/api';
import type { Cache } from '../cache/cache.ts';
import type { DatasetVersion } from '../database/dataset-version.ts';

const ages = metrics.getMeter('measurement-app/cache').createHistogram('measurement_app.cache.age', {
  unit: 's',
  description: 'Age of the GraphQL answers that the cache gave',
  advice: { explicitBucketBoundaries: [1, 10, 60, 300, 900, 1_800, 3_600] },
});

/** A whole answer, ready to be sent once more. */
export interface CachedAnswer {
  readonly contentType: string;
  readonly body: string;
  /** Seconds since it was computed. */
  readonly age: number;
}

/** The place of one request's answer; there is none when answers are not kept. */
export interface CachePlace {
  get(): Promise<CachedAnswer | undefined>;
  set(contentType: string, body: string): Promise<void>;
}

/** Larger answers are not kept: they would push out many that are asked for more often. */
const answerLengthMax = 4 * 1024 * 1024;

/**
 * Answers by what was asked, to the byte, and by dataset version. The version is read for every request: once an import has
 * been confirmed to whoever made it, no replica answers from before it, and what is no longer true simply ages away.
 */
export function createResponseCache(cache: Cache, readVersion: () => Promise<DatasetVersion>) {
  return async (request: {
    readonly body: Buffer;
    readonly accept: string;
  }): Promise<CachePlace | undefined> => {
    if (!cache.enabled) return undefined;
    const { version } = await readVersion();
    const digest = createHash('sha256')
      .update(request.accept)
      .update('\0')
      .update(request.body)
      .digest('base64url');
    const key = `${version}:${digest}`;
    return {
      async get() {
        const entry = await cache.get(key);
        if (entry === undefined) return undefined;
        const head = entry.slice(0, entry.indexOf('\n'));
        const [storedAt, contentType] = [head.slice(0, head.indexOf(' ')), head.slice(head.indexOf(' ') + 1)];
        const age = Math.max(0, Math.floor((Date.now() - Number(storedAt)) / 1_000));
        ages.record(age, { namespace: cache.namespace });
        return { contentType, body: entry.slice(head.length + 1), age };
      },
      async set(contentType, body) {
        if (body.length > answerLengthMax) return;
        await cache.set(key, `${Date.now()} ${contentType}\n${body}`);
      },
    };
  };
}
