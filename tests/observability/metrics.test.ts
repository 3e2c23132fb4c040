import assert from 'node:assert/strict';
import { get } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { createPool } from '../../src/database/pool.ts';
import { createTestDatabase, type TestDatabase } from '../fixtures/database.ts';
import { insertMeasurements } from '../fixtures/measurements.ts';
import { type ObservedGateway, startObservedGateway } from '../fixtures/observed-gateway.ts';
import { parseSeries, type Series, sumOf } from '../fixtures/prometheus-text.ts';

describe('the metrics endpoint', () => {
  let database: TestDatabase;
  let pool: pg.Pool;
  let gateway: ObservedGateway;

  before(async () => {
    database = await createTestDatabase();
    pool = createPool({ url: database.url, size: 1, connectTimeoutMs: 5_000 });
    await insertMeasurements(pool, 30_000);
    gateway = await startObservedGateway({ DATABASE_URL: database.url, DATABASE_POOL_SIZE: '2' });
  });
  after(async () => {
    await gateway.stop();
    await pool.end();
    await database.drop();
  });

  const series = async () => parseSeries(await gateway.metrics());

  /** Waits for what is recorded when a response closes, which may be after its client has seen the end. */
  async function eventually(check: (found: Series[]) => boolean, what: string): Promise<Series[]> {
    for (let attempt = 0; attempt < 50; attempt++) {
      const found = await series();
      if (check(found)) return found;
      await sleep(50);
    }
    assert.fail(`${what}:\n${await gateway.metrics()}`);
  }

  it('is apart from the API', async () => {
    assert.equal((await fetch(`${gateway.url}/metrics`)).status, 404);
    assert.equal((await fetch(gateway.metricsUrl.replace('/metrics', '/'))).status, 404);
  });

  it('counts requests by route template, method and status, never by what a client makes up', async () => {
    await fetch(`${gateway.url}/stations/aq_delta`);
    await fetch(`${gateway.url}/stations/made-up-1`);
    await fetch(`${gateway.url}/made-up-2`);
    await fetch(`${gateway.url}/GraphQL`, { method: 'POST' });
    const count = 'http_server_request_duration_seconds_count';
    const found = await eventually(
      (all) => sumOf(all, count, { http_route: '/graphql' }) === 1,
      'the requests are counted',
    );
    assert.equal(sumOf(found, count, { http_route: '/stations/:id', http_response_status_code: '200' }), 1);
    assert.equal(sumOf(found, count, { http_route: '/stations/:id', http_response_status_code: '404' }), 1);
    assert.ok(sumOf(found, count, { http_route: 'none', http_response_status_code: '404' }) >= 1);
    assert.ok(!(await gateway.metrics()).includes('made-up'));
  });

  it('counts GraphQL by operation and error code, with a bounded number of names', async () => {
    await gateway.graphql('query Newest { latest { timeInstant } }', 'Newest');
    await gateway.graphql('query Missing { latest(stationIds: ["no-such"]) { timeInstant } }', 'Missing');
    for (let index = 0; index < 110; index++) {
      await gateway.graphql(`query Op${index} { pollutants { code } }`, `Op${index}`);
    }
    const found = await series();
    const count = 'measurement_app_graphql_operation_duration_seconds_count';
    assert.equal(sumOf(found, count, { graphql_operation_name: 'Newest' }), 1);
    const missing = { graphql_operation_name: 'Missing', error_type: 'UNKNOWN_STATION' };
    assert.equal(sumOf(found, count, missing), 1);
    assert.ok(sumOf(found, count, { graphql_operation_name: '_OTHER' }) >= 10);
    const names = new Set(
      found.filter(({ name }) => name === count).map(({ labels }) => labels.graphql_operation_name),
    );
    assert.ok(names.size <= 103, `${names.size} names`);
  });

  it('counts the rows and bytes of exports, those that run and those given up', async () => {
    const body = await (await fetch(`${gateway.url}/air_quality`)).text();
    const before = await series();
    assert.equal(sumOf(before, 'measurement_app_export_rows_total'), body.trimEnd().split('\n').length - 1);
    assert.equal(sumOf(before, 'measurement_app_export_output_bytes_total'), body.length);

    const request = get(`${gateway.url}/air_quality`, (response) => response.once('readable', () => {}));
    request.on('error', () => {});
    await eventually(
      (all) => sumOf(all, 'measurement_app_export_active') === 1,
      'the export is seen running',
    );
    request.destroy();
    const outcome = { measurement_app_export_outcome: 'cancelled' };
    const found = await eventually(
      (all) => sumOf(all, 'measurement_app_export_duration_seconds_count', outcome) === 1,
      'the export is counted as given up',
    );
    assert.equal(sumOf(found, 'measurement_app_export_active'), 0);
    const aborted = { http_route: '/air_quality{.:format}', error_type: 'aborted' };
    assert.equal(sumOf(found, 'http_server_request_duration_seconds_count', aborted), 1);
  });

  it('shows the connections of the pool and how long queries wait for one', async () => {
    const blocker = await pool.connect();
    await blocker.query('begin; lock table station in access exclusive mode');
    const requests = [1, 2, 3].map(() => fetch(`${gateway.url}/stations`));
    const used = { db_client_connection_state: 'used' };
    await eventually(
      (all) =>
        sumOf(all, 'db_client_connection_count', used) === 2 &&
        sumOf(all, 'db_client_connection_pending_requests') >= 1,
      'both connections are used and a query waits',
    );
    await sleep(150);
    await blocker.query('rollback');
    blocker.release();
    for (const response of await Promise.all(requests)) await response.text();
    const found = await series();
    assert.equal(sumOf(found, 'db_client_connection_max'), 2);
    const all = sumOf(found, 'db_client_connection_wait_time_seconds_count');
    const quick = sumOf(found, 'db_client_connection_wait_time_seconds_bucket', { le: '0.1' });
    assert.ok(all > quick, 'one wait of more than 100 ms is in the histogram');
  });

  it('tells the pool of a replica from that of the primary', async () => {
    const replicated = await startObservedGateway({
      DATABASE_URL: database.url,
      DATABASE_REPLICA_URL: database.url,
      DATABASE_POOL_SIZE: '3',
    });
    const found = parseSeries(await replicated.metrics());
    await replicated.stop();
    for (const pool of ['primary', 'replica']) {
      assert.equal(sumOf(found, 'db_client_connection_max', { db_client_connection_pool_name: pool }), 3);
    }
  });

  it('says how old the newest measurement of each station is, and what imports did', async () => {
    const found = await series();
    const ages = found.filter(({ name }) => name === 'measurement_app_station_age_seconds');
    const { rows } = await pool.query(
      'select count(distinct id_entity)::int as stations from environment_airq_measurand',
    );
    assert.equal(ages.length, rows[0].stations);
    for (const { value } of ages) assert.ok(value > 0);
    const results = found
      .filter(({ name }) => name === 'measurement_app_import_rows_total')
      .map(({ labels }) => labels.measurement_app_import_result);
    assert.deepEqual(results.sort(), ['inserted', 'rejected', 'unchanged', 'updated']);
  });

  it('shows the event loop, the heap and the process', async () => {
    const names = new Set((await series()).map(({ name }) => name));
    for (const name of [
      'nodejs_eventloop_delay_p99_seconds',
      'nodejs_eventloop_utilization_ratio',
      'v8js_memory_heap_used_bytes',
      'v8js_gc_duration_seconds_count',
      'process_cpu_time_seconds_total',
      'process_memory_usage_bytes',
    ]) {
      assert.ok(names.has(name), name);
    }
  });

  it('answers while the database is away', async () => {
    const gone = await createTestDatabase();
    const alone = await startObservedGateway({ DATABASE_URL: gone.url });
    await gone.drop();
    assert.match(await alone.metrics(), /process_uptime_seconds/);
    await alone.stop();
  });

  it('leaves the API running when its port is taken, and says so', async () => {
    const second = await startObservedGateway({
      DATABASE_URL: database.url,
      METRICS_PORT: new URL(gateway.metricsUrl).port,
    });
    assert.equal((await fetch(`${second.url}/health/live`)).status, 200);
    await second.stop();
    assert.match(second.log(), /no metrics: port \d+ \(METRICS_PORT\)/);
  });
});
