import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { type Caches, openCaches } from '../../src/cache/caches.ts';
import { type Config, loadConfig } from '../../src/config.ts';
import { startTestRedis, type TestRedis } from '../fixtures/redis.ts';

const lines: { level: number; msg: string }[] = [];
const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) });

const config = (environment: Record<string, string> = {}): Config =>
  loadConfig({ NODE_ENV: 'test', DATABASE_URL: 'postgresql://localhost/none', ...environment });

/** Waits until the check holds; redis connections come back when they come back. */
async function eventually(check: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (await check()) return;
    await sleep(100);
  }
  assert.fail('It never came true.');
}

function behaves(name: string, open: () => Caches): void {
  it(`${name}: keeps texts by namespace, counts, clears by prefix`, async () => {
    const caches = open();
    const { graphqlResponses, persistedQueries } = caches;
    await eventually(async () => {
      await graphqlResponses.set('warm', 'x');
      return (await graphqlResponses.get('warm')) === 'x';
    });
    const { hits, misses } = graphqlResponses.counters;
    await graphqlResponses.set('1:a', 'answer a');
    await graphqlResponses.set('2:b', 'answer b');
    await persistedQueries.set('1:a', 'query');
    assert.equal(await graphqlResponses.get('1:a'), 'answer a');
    assert.equal(await persistedQueries.get('1:a'), 'query');
    assert.equal(await graphqlResponses.get('1:*'), undefined);
    assert.deepEqual(
      { ...graphqlResponses.counters },
      { hits: hits + 1, misses: misses + 1, unanswered: graphqlResponses.counters.unanswered },
    );
    assert.equal(await caches.clear('graphql-responses:1:'), 1);
    assert.equal(await caches.clear('graphql-responses:*'), 0, 'a prefix is no pattern');
    assert.equal(await graphqlResponses.get('1:a'), undefined);
    assert.equal(await graphqlResponses.get('2:b'), 'answer b');
    assert.equal(await persistedQueries.delete('1:a'), true);
    assert.equal(await persistedQueries.get('1:a'), undefined);
    await persistedQueries.set('c', 'query');
    assert.ok((await caches.clear('')) >= 2);
    assert.equal(await persistedQueries.get('c'), undefined);
    await caches.close();
  });

  it(`${name}: forgets after the time to live`, async () => {
    const caches = open();
    await eventually(async () => {
      await caches.graphqlResponses.set('k', 'v', 300);
      return (await caches.graphqlResponses.get('k')) === 'v';
    });
    await sleep(350);
    assert.equal(await caches.graphqlResponses.get('k'), undefined);
    await caches.close();
  });
}

describe('Caches in memory', () => {
  behaves('memory', () => openCaches(config(), logger));

  it('stay within their size, the longest unused goes first', async () => {
    const caches = openCaches(config({ CACHE_MEMORY_MB: '1' }), logger);
    const text = 'x'.repeat(100_000);
    for (const key of ['a', 'b', 'c', 'd', 'e']) await caches.graphqlResponses.set(key, text);
    await caches.graphqlResponses.get('a');
    await caches.graphqlResponses.set('f', text);
    assert.equal(await caches.graphqlResponses.get('a'), text);
    assert.equal(await caches.graphqlResponses.get('b'), undefined);
    await caches.graphqlResponses.set('huge', 'x'.repeat(2_000_000));
    assert.equal(await caches.graphqlResponses.get('huge'), undefined);
    assert.equal(await caches.graphqlResponses.get('a'), text);
  });

  it('keep nothing with a time to live of 0', async () => {
    const caches = openCaches(config({ CACHE_TTL_GRAPHQL_RESPONSES_SECONDS: '0' }), logger);
    await caches.graphqlResponses.set('a', 'b');
    assert.equal(await caches.graphqlResponses.get('a'), undefined);
    await caches.persistedQueries.set('a', 'b');
    assert.equal(await caches.persistedQueries.get('a'), 'b');
  });
});

describe('Caches in Redis', () => {
  let redis: TestRedis;

  before(async () => {
    redis = await startTestRedis();
  });
  after(() => redis.stop());

  behaves('Redis', () => openCaches(config({ REDIS_URL: redis.url }), logger));

  it('are shared: one process reads what another wrote, and clears it', async () => {
    const [one, other] = [
      openCaches(config({ REDIS_URL: redis.url }), logger),
      openCaches(config({ REDIS_URL: redis.url }), logger),
    ];
    await eventually(async () => {
      await one.graphqlResponses.set('shared', 'text');
      return (await other.graphqlResponses.get('shared')) === 'text';
    });
    assert.equal(await other.clear('graphql-responses:sha'), 1);
    assert.equal(await one.graphqlResponses.get('shared'), undefined);
    await Promise.all([one.close(), other.close()]);
  });

  it('answer nothing, quickly and with one line in the log, while Redis is away, and are back with it', async () => {
    const caches = openCaches(config({ REDIS_URL: redis.url }), logger);
    const works = async () => {
      await caches.graphqlResponses.set('k', 'v');
      return (await caches.graphqlResponses.get('k')) === 'v';
    };
    await eventually(works);
    lines.length = 0;
    await redis.stop();
    const began = performance.now();
    for (let request = 0; request < 200; request++) {
      assert.equal(await caches.graphqlResponses.get('k'), undefined);
      await caches.graphqlResponses.set('k', 'v');
    }
    assert.ok(performance.now() - began < 1_000, 'waited for a Redis that is away');
    await assert.rejects(caches.clear(''), { code: 'CACHE_UNAVAILABLE' });
    await redis.start();
    await eventually(works);
    assert.deepEqual(
      lines.map(({ msg }) => msg),
      ['Redis does not answer: requests go on uncached', 'Redis answers again'],
    );
    await caches.close();
  });

  it('wait only for the time-out when Redis is slow', async () => {
    const caches = openCaches(config({ REDIS_URL: redis.url, CACHE_TIMEOUT_MS: '100' }), logger);
    const works = async () => {
      await caches.graphqlResponses.set('k', 'v');
      return (await caches.graphqlResponses.get('k')) === 'v';
    };
    await eventually(works);
    lines.length = 0;
    redis.freeze();
    const began = performance.now();
    for (let request = 0; request < 50; request++)
      assert.equal(await caches.graphqlResponses.get('k'), undefined);
    const took = performance.now() - began;
    redis.resume();
    assert.ok(took >= 90 && took < 600, `${took} ms`);
    await eventually(works);
    assert.equal(lines.length, 2);
    assert.ok(caches.graphqlResponses.counters.unanswered >= 50);
    await caches.close();
  });

  it('open without Redis, too', async () => {
    await redis.stop();
    const caches = openCaches(config({ REDIS_URL: redis.url }), logger);
    assert.equal(await caches.graphqlResponses.get('k'), undefined);
    await redis.start();
    await eventually(async () => {
      await caches.graphqlResponses.set('k', 'v');
      return (await caches.graphqlResponses.get('k')) === 'v';
    });
    await caches.close();
  });
});
