import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { GatewayError } from '../errors.ts';
import { type Cache, createCache } from './cache.ts';
import { createGuard, type Guard } from './guard.ts';
import { createMemoryStore } from './memory-store.ts';
import { createRedisStore } from './redis-store.ts';

/** Every namespace of the cache. Keys of what depends on the data start with the dataset version. */
export interface Caches {
  /** Whole answers of GraphQL queries. */
  readonly graphqlResponses: Cache;
  /** Documents of automatic persisted queries, by their hash. */
  readonly persistedQueries: Cache;
  /** Small answers of `/air_quality`. */
  readonly restPages: Cache;
  readonly all: readonly Cache[];
  /**
   * Removes every entry whose full name, `<namespace>:<key>`, starts with `prefix`.
   * @returns how many there were in the store
   * @throws GatewayError CACHE_UNAVAILABLE when the store does not answer
   */
  clear(prefix: string): Promise<number>;
  /** Entries live in the memory of each process: clearing needs every process to do it. */
  readonly perProcess: boolean;
  close(): Promise<void>;
}

export type CacheConfig = Pick<
  Config,
  | 'redisUrl'
  | 'cacheMemoryMb'
  | 'cacheTimeoutMs'
  | 'cacheTtlGraphqlResponsesSeconds'
  | 'cacheTtlPersistedQueriesSeconds'
  | 'cacheTtlRestPagesSeconds'
>;

/** Opens the caches: in Redis when one is configured, else in memory. Does not wait for Redis. */
export function openCaches(config: CacheConfig, logger: Logger): Caches {
  const { redisUrl, cacheTimeoutMs } = config;
  const store =
    redisUrl === undefined
      ? createMemoryStore(config.cacheMemoryMb * 1024 * 1024)
      : createRedisStore(redisUrl, Math.max(1_000, cacheTimeoutMs));
  // Memory neither fails nor keeps anyone waiting.
  const guard: Guard =
    redisUrl === undefined
      ? { run: (operation) => operation() }
      : createGuard(store.name, cacheTimeoutMs, logger);
  const open = (namespace: string, ttlSeconds: number) =>
    createCache(namespace, store.open(namespace), ttlSeconds * 1_000, guard);
  const graphqlResponses = open('graphql-responses', config.cacheTtlGraphqlResponsesSeconds);
  const persistedQueries = open('persisted-queries', config.cacheTtlPersistedQueriesSeconds);
  const restPages = open('rest-pages', config.cacheTtlRestPagesSeconds);
  return {
    graphqlResponses,
    persistedQueries,
    restPages,
    all: [graphqlResponses, persistedQueries, restPages],
    perProcess: redisUrl === undefined,
    async clear(prefix) {
      try {
        return await store.clear(prefix);
      } catch {
        throw new GatewayError('CACHE_UNAVAILABLE', `${store.name} does not answer; nothing was cleared.`, {
          hint: 'Try again when it is back. Nothing stale is served meanwhile: keys carry the dataset version.',
        });
      }
    },
    close: () => store.close(),
  };
}
