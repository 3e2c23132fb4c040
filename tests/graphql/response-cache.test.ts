import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../fixtures/database.ts';
import { startTestGateway, type TestGateway } from '../fixtures/gateway.ts';
import { insertMeasurements } from '../fixtures/measurements.ts';
import { startMain } from '../fixtures/process.ts';
import { startTestRedis, type TestRedis } from '../fixtures/redis.ts';
import { runNode } from '../fixtures/run-command.ts';

const headers = { 'content-type': 'application/json' };

async function ask(url: string, query: string) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ query }),
  });
  const { data, errors } = (await response.json()) as {
    // biome-ignore lint/suspicious/noExplicitAny: the shape is the test's to know.
    data: any;
    errors?: unknown;
  };
  assert.equal(errors, undefined, JSON.stringify(errors));
  return { data, cache: response.headers.get('x-cache'), age: response.headers.get('age') };
}

const latest = '{ latest(stationIds: ["aq_alba"]) { timeInstant no2 } }';

describe('The response cache of GraphQL', () => {
  let gateway: TestGateway;

  before(async () => {
    gateway = await startTestGateway();
    await insertMeasurements(gateway.pool, 40);
  });
  after(() => gateway.close());

  it('says hit, miss and age, and gives the same answer', async () => {
    const miss = await ask(gateway.url, latest);
    const hit = await ask(gateway.url, latest);
    assert.deepEqual([miss.cache, hit.cache], ['miss', 'hit']);
    assert.deepEqual(hit.data, miss.data);
    assert.match(hit.age ?? '', /^\d+$/);
    assert.equal(miss.age, null);
    await sleep(1_100);
    assert.ok(Number((await ask(gateway.url, latest)).age) >= 1);
  });

  it('never gives what was true before a change', async () => {
    await ask(gateway.url, latest);
    for (let value = 1; value <= 20; value++) {
      await gateway.pool.query(
        `update environment_airq_measurand set no2 = $1 where id_entity = 'aq_alba' and "TimeInstant" = (
           select max("TimeInstant") from environment_airq_measurand where id_entity = 'aq_alba')`,
        [value],
      );
      const [one, other] = await Promise.all([ask(gateway.url, latest), ask(gateway.url, latest)]);
      assert.deepEqual([one.data.latest[0].no2, other.data.latest[0].no2], [value, value]);
      assert.equal((await ask(gateway.url, latest)).cache, 'hit');
    }
  });

  it('keeps no mutation, no error and no list of imports', async () => {
    const twice = async (query: string) => {
      const caches = [];
      for (let time = 0; time < 2; time++) {
        const response = await gateway.get('/graphql', {
          method: 'POST',
          headers,
          body: JSON.stringify({ query }),
        });
        await response.text();
        caches.push(response.headers.get('x-cache'));
      }
      return caches;
    };
    assert.deepEqual(await twice('mutation { clearCache { entries } }'), ['bypass', 'bypass']);
    assert.deepEqual(await twice('{ measurements { page(first: 0) { nodes { id } } } }'), [
      'bypass',
      'bypass',
    ]);
    assert.deepEqual(await twice('{ datase { version } }'), ['bypass', 'bypass']);
    assert.deepEqual(await twice('{ imports { id } }'), ['bypass', 'bypass']);
  });

  it('tells clients by what they accept', async () => {
    const get = async (accept: string) => {
      const response = await gateway.get('/graphql', {
        method: 'POST',
        headers: { ...headers, accept },
        body: JSON.stringify({ query: '{ dataset { version } }' }),
      });
      await response.text();
      return response.headers.get('content-type');
    };
    for (let time = 0; time < 2; time++) {
      assert.match((await get('application/json')) ?? '', /^application\/json/);
      assert.match(
        (await get('application/graphql-response+json')) ?? '',
        /^application\/graphql-response\+json/,
      );
    }
  });
});

describe('Several processes of the gateway', () => {
  let database: TestDatabase;
  let redis: TestRedis;
  let client: pg.Client;

  before(async () => {
    [database, redis] = await Promise.all([createTestDatabase(), startTestRedis()]);
    const pool = new pg.Pool({ connectionString: database.url, max: 1 });
    await insertMeasurements(pool, 40);
    await pool.end();
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
  });
  after(async () => {
    await client.end();
    await redis.stop();
    await database.drop();
  });

  const startTwo = (environment: Record<string, string>) =>
    Promise.all(
      [1, 2].map(() =>
        startMain({
          DATABASE_URL: database.url,
          NODE_ENV: 'test',
          METRICS_PORT: '0',
          LOG_LEVEL: 'info',
          ...environment,
        }),
      ),
    );

  it('on one Redis share answers and never give one from before the last import', async () => {
    const processes = await startTwo({ REDIS_URL: redis.url });
    const [one, other] = processes.map(({ url }) => url) as [string, string];
    for (let value = 1; value <= 5; value++) {
      const csv = `TimeInstant,id_entity,no2\n2016-11-01T00:00:00.000Z,aq_alba,${value}\n`;
      const { code, stderr } = await runNode(
        ['src/cli.ts', 'import', '-'],
        { DATABASE_URL: database.url, METRICS_PORT: '0' },
        csv,
      );
      assert.equal(code, 0, stderr);
      const first = await ask(one, latest);
      assert.equal(first.cache, 'miss');
      const second = await ask(other, latest);
      assert.equal(second.cache, 'hit', 'the other process has it from the first one');
      assert.deepEqual([first.data.latest[0].no2, second.data.latest[0].no2], [value, value]);
    }
    await redis.stop();
    assert.equal((await ask(one, latest)).cache, 'miss', 'without Redis requests go on');
    await redis.start();
    for (const { child, finished } of processes) {
      child.kill('SIGTERM');
      assert.equal((await finished).code, 0);
    }
  });

  it('without Redis clear their memory together', async () => {
    const processes = await startTwo({});
    const [one, other] = processes.map(({ url }) => url) as [string, string];
    for (const url of [one, other]) {
      await ask(url, latest);
      assert.equal((await ask(url, latest)).cache, 'hit');
    }
    const { code, stdout, stderr } = await runNode(['src/cli.ts', 'cache', 'clear', 'graphql-responses:'], {
      DATABASE_URL: database.url,
      METRICS_PORT: '0',
    });
    assert.equal(code, 0, stderr);
    assert.match(stdout + stderr, /replicas/);
    await sleep(300);
    for (const url of [one, other]) assert.equal((await ask(url, latest)).cache, 'miss');
    for (const { child, finished } of processes) {
      child.kill('SIGTERM');
      assert.equal((await finished).code, 0);
    }
  });
});
