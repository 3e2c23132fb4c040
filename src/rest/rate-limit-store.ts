import { createClient } from '@keyv/redis';
import { type ClientRateLimitInfo, MemoryStore, type Options, type Store } from 'express-rate-limit';

export interface SharedRateLimitStore extends Store {
  close(): void;
}

/**
 * Counts requests in Redis, so that all replicas share one limit. While Redis is away this process counts by itself: a limit
 * that is too generous for a while is better than none, or than an error.
 */
export function createRedisRateLimitStore(url: string): SharedRateLimitStore {
  const client = createClient({
    url,
    disableOfflineQueue: true,
    socket: { connectTimeout: 1_000, reconnectStrategy: (attempts) => Math.min(50 * 2 ** attempts, 2_000) },
  });
  // Each failing operation tells its own error; without a listener this one would end the process.
  client.on('error', () => {});
  client.connect().catch(() => {});
  const local = new MemoryStore();
  let windowMs = 60_000;
  const nameOf = (key: string) => `measurement-app:rate-limit:${key}`;

  async function incrementShared(name: string): Promise<ClientRateLimitInfo> {
    const [hits, , remaining] = await client
      .multi()
      .incr(name)
      .pExpire(name, windowMs, 'NX')
      .pTTL(name)
      .exec();
    return { totalHits: Number(hits), resetTime: new Date(Date.now() + Math.max(0, Number(remaining))) };
  }

  return {
    localKeys: false,
    init(options: Options) {
      windowMs = options.windowMs;
      local.init(options);
    },
    async increment(key) {
      try {
        return await incrementShared(nameOf(key));
      } catch {
        return local.increment(key);
      }
    },
    async decrement(key) {
      await client.decr(nameOf(key)).catch(() => local.decrement(key));
    },
    async resetKey(key) {
      await client.del(nameOf(key)).catch(() => local.resetKey(key));
    },
    close() {
      local.shutdown();
      if (client.isOpen) client.destroy();
    },
  };
}
