import { setTimeout as sleep } from 'node:timers/promises';
import KeyvRedis, { createClient } from '@keyv/redis';
import { Keyv } from 'keyv';
import type { CacheStore } from './store.ts';

/** Before every name, so that a Redis can be shared with other applications. */
const applicationPrefix = 'measurement-app:';

/** Entries in Redis, shared by all replicas. Returns at once: while Redis is away every operation fails without waiting. */
export function createRedisStore(url: string, connectTimeoutMs: number): CacheStore {
  const client = createClient({
    url,
    disableOfflineQueue: true,
    socket: {
      connectTimeout: connectTimeoutMs,
      reconnectStrategy: (attempts) => Math.min(50 * 2 ** attempts, 2_000),
    },
  });
  // Each failing operation tells its own error; without a listener this one would end the process.
  client.on('error', () => {});
  const connected = client.connect();
  connected.catch(() => {});
  return {
    name: 'Redis',
    open(namespace) {
      const store = new KeyvRedis<string>(client, { keyPrefixSeparator: ':', throwOnErrors: true });
      store.on('error', () => {});
      const keyv = new Keyv<string>({
        store,
        namespace: `${applicationPrefix}${namespace}`,
        useKeyPrefix: false,
        throwOnErrors: true,
      });
      keyv.on('error', () => {});
      return keyv;
    },
    async clear(prefix) {
      // A command has only just opened the store; it may wait where a request may not.
      if (!client.isReady) await Promise.race([connected, failAfter(connectTimeoutMs)]);
      const pattern = `${applicationPrefix}${prefix.replace(/[\\*?[\]]/g, '\\$&')}*`;
      let cleared = 0;
      for await (const names of client.scanIterator({ MATCH: pattern, COUNT: 1_000 })) {
        if (names.length > 0) cleared += await client.unlink(names);
      }
      return cleared;
    },
    async close() {
      if (client.isOpen) client.destroy();
    },
  };
}

async function failAfter(ms: number): Promise<never> {
  await sleep(ms, undefined, { ref: false });
  throw new Error('Redis does not answer.');
}
