import assert from 'node:assert/strict';
import { get } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startTestGateway, type TestGateway } from '../fixtures/gateway.ts';
import { insertMeasurements } from '../fixtures/measurements.ts';

const running = `select pid from pg_stat_activity
  where datname = current_database() and state = 'active' and query like 'copy%'`;

describe('an export', () => {
  let gateway: TestGateway;

  before(async () => {
    // Two connections: an export that kept its own would be noticed at once.
    gateway = await startTestGateway({ DATABASE_POOL_SIZE: '2', DATABASE_CONNECT_TIMEOUT_MS: '2000' });
    await insertMeasurements(gateway.pool, 30_000);
  });
  after(() => gateway.close());

  /** Asks for everything and stops reading after the first bytes, so that PostgreSQL has to wait. */
  function startStalledExport(): Promise<{ destroy(): void; failure: Promise<Error> }> {
    return new Promise((resolve, reject) => {
      const request = get(`${gateway.url}/air_quality`, (response) => {
        response.once('readable', () => {
          response.pause();
          const failure = new Promise<Error>((seen) => response.once('error', seen));
          resolve({ destroy: () => request.destroy(), failure: failure.finally(() => {}) });
        });
      });
      request.once('error', reject);
    });
  }

  async function waitUntilGone(milliseconds: number): Promise<void> {
    const deadline = Date.now() + milliseconds;
    while ((await gateway.pool.query(running)).rows.length > 0) {
      assert.ok(Date.now() < deadline, `the query still runs after ${milliseconds} ms`);
      await sleep(20);
    }
  }

  it('is cancelled in the database within a second when its client leaves, and its connection is used again', async () => {
    for (let round = 0; round < 5; round++) {
      const download = await startStalledExport();
      assert.equal((await gateway.pool.query(running)).rows.length, 1);
      download.failure.catch(() => {});
      download.destroy();
      await waitUntilGone(1_000);
    }
    assert.equal((await gateway.get('/stations')).status, 200);
    const { rows } = await gateway.pool.query(
      `select count(*)::int as count from pg_stat_activity
       where datname = current_database() and application_name = 'measurement-app' and state like 'idle in transaction%'`,
    );
    assert.equal(rows[0].count, 0);
  });

  it('gives its connection back when a client leaves a columnar download', async () => {
    for (const format of ['arrow', 'parquet', 'arrow', 'parquet']) {
      const departure = new AbortController();
      const response = await gateway.get(`/air_quality.${format}`, { signal: departure.signal });
      assert.equal(response.status, 200);
      departure.abort();
    }
    const deadline = Date.now() + 2_000;
    const held = `select 1 from pg_stat_activity where datname = current_database()
      and application_name = 'measurement-app' and state like 'idle in transaction%'`;
    while ((await gateway.pool.query(held)).rows.length > 0) {
      assert.ok(Date.now() < deadline, 'a connection is still held');
      await sleep(20);
    }
    assert.equal((await gateway.get('/stations')).status, 200);
  });

  it('breaks the connection when PostgreSQL ends it half way: never a clean short file', async () => {
    const response = await gateway.get('/air_quality');
    assert.equal(response.status, 200);
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    const { rows } = await gateway.pool.query(running);
    await gateway.pool.query('select pg_terminate_backend($1)', [rows[0].pid]);
    await assert.rejects(async () => {
      while (!(await reader.read()).done);
    });
    assert.equal((await gateway.get('/stations')).status, 200);
  });

  it('sees one state of the data, whatever is loaded meanwhile', async () => {
    const { rows } = await gateway.pool.query(
      'select count(*)::int as count from environment_airq_measurand',
    );
    const response = await gateway.get('/air_quality.ndjson');
    await gateway.pool.query(`update environment_airq_measurand set so2 = 4711 where id_entity = 'aq_delta'`);
    const body = await response.text();
    assert.equal(body.split('\n').length - 1, rows[0].count);
    assert.ok(!body.includes('"so2":4711,'));
  });
});
