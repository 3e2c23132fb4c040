import pg from 'pg';
import type { Logger } from 'pino';

/** What transactions tell the processes that listen (prisma/migrations; `cache_cleared` is sent by cache/clear-caches.ts). */
export const channels = ['dataset_changed', 'import_finished', 'cache_cleared'] as const;
export type Channel = (typeof channels)[number];

export interface Notifications {
  /** @returns how to stop listening */
  listen(channel: Channel, listener: (payload: string) => void): () => void;
  /** Called when the connection is back after it was lost: what was sent meanwhile will never come. */
  listenForGaps(listener: () => void): () => void;
  close(): Promise<void>;
}

const reconnectAfterMs = [100, 250, 500, 1_000, 2_000, 5_000];

/**
 * Listens on one connection of its own, whatever the number of listeners: PostgreSQL sends notifications only to the session that
 * asked for them. When the connection is lost it is made again, for as long as it takes.
 */
export async function openNotifications(pool: pg.Pool, logger: Logger): Promise<Notifications> {
  const listeners = new Map<Channel, Set<(payload: string) => void>>();
  const gapListeners = new Set<() => void>();
  let client: pg.Client | undefined;
  let closed = false;
  let attempts = 0;
  let timer: NodeJS.Timeout | undefined;

  async function connect(): Promise<void> {
    const next = new pg.Client({ ...pool.options, application_name: 'measurement-app notifications' });
    // 'error' and then 'end', or only one of them.
    let lost = false;
    const onLost = (error?: Error) => {
      if (lost) return;
      lost = true;
      if (client === next) client = undefined;
      if (!closed) reconnect(error);
    };
    next.on('error', onLost);
    next.on('end', () => onLost());
    next.on('notification', ({ channel, payload = '' }) => {
      for (const listener of listeners.get(channel as Channel) ?? []) listener(payload);
    });
    await next.connect();
    await next.query(channels.map((channel) => `listen ${channel}`).join('; '));
    if (closed) return next.end();
    client = next;
  }

  function reconnect(error: Error | undefined): void {
    if (attempts === 0)
      logger.warn({ reason: error?.message }, 'notifications of the database are interrupted');
    const wait = reconnectAfterMs[Math.min(attempts++, reconnectAfterMs.length - 1)];
    clearTimeout(timer);
    timer = setTimeout(() => {
      connect().then(
        () => {
          attempts = 0;
          logger.info('notifications of the database come again');
          for (const listener of gapListeners) listener();
        },
        // The client tells by its events, but not when it could not even connect.
        (cause: Error) => {
          if (!closed) reconnect(cause);
        },
      );
    }, wait);
    timer.unref();
  }

  await connect();
  return {
    listen(channel, listener) {
      const ofChannel = listeners.get(channel) ?? new Set();
      listeners.set(channel, ofChannel.add(listener));
      return () => void ofChannel.delete(listener);
    },
    listenForGaps(listener) {
      gapListeners.add(listener);
      return () => void gapListeners.delete(listener);
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await client?.end();
    },
  };
}
