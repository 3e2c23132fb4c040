import { metrics } from '@opentelemetry/api';
import type { Keyv } from 'keyv';
import type { Guard } from './guard.ts';

/** What a namespace of the cache has done since the process started. */
export interface CacheCounters {
  hits: number;
  misses: number;
  /** Times that the store was away, too slow or failed. */
  unanswered: number;
}

/** Texts by key, kept for a time. */
export interface Cache {
  readonly namespace: string;
  /** Whether anything is kept at all. */
  readonly enabled: boolean;
  readonly counters: Readonly<CacheCounters>;
  get(key: string): Promise<string | undefined>;
  /** @param ttlMs shorter than the namespace's own time to live */
  set(key: string, value: string, ttlMs?: number): Promise<void>;
  delete(key: string): Promise<boolean>;
}

const lookups = metrics.getMeter('measurement-app/cache').createCounter('measurement_app.cache.lookups', {
  description: 'Look-ups in the cache by namespace and result (hit, miss, unanswered)',
});

/** A namespace that lives in `keyv`. @param ttlMs 0 = nothing is kept */
export function createCache(namespace: string, keyv: Keyv<string>, ttlMs: number, guard: Guard): Cache {
  const counters: CacheCounters = { hits: 0, misses: 0, unanswered: 0 };
  const count = (result: 'hit' | 'miss' | 'unanswered') => {
    if (result === 'hit') counters.hits++;
    else if (result === 'miss') counters.misses++;
    else counters.unanswered++;
    lookups.add(1, { namespace, result });
  };
  return {
    namespace,
    enabled: ttlMs > 0,
    counters,
    async get(key) {
      if (ttlMs === 0) return undefined;
      const found = await guard.run(async () => ({ value: await keyv.get(key) }));
      count(found === undefined ? 'unanswered' : found.value === undefined ? 'miss' : 'hit');
      return found?.value;
    },
    async set(key, value, ttl = ttlMs) {
      if (ttlMs === 0) return;
      await guard.run(() => keyv.set(key, value, Math.min(ttl, ttlMs)));
    },
    async delete(key) {
      return (await guard.run(() => keyv.delete(key))) ?? false;
    },
  };
}
