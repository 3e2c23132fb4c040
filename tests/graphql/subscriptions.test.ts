import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, createClient } from 'graphql-sse';
import { startTestGateway, type TestGateway } from '../fixtures/gateway.ts';
import { startMain } from '../fixtures/process.ts';
import { runNode } from '../fixtures/run-command.ts';

interface Added {
  readonly timeInstant: string;
  readonly stationId: string;
  readonly no2: number | null;
}

describe('Subscriptions', () => {
  let gateway: TestGateway;
  let client: Client;

  before(async () => {
    gateway = await startTestGateway({ GRAPHQL_SUBSCRIPTIONS_MAX: '4' });
    await gateway.pool.query(`insert into station (id, name) values ('aq_a', 'A'), ('aq_b', 'B')`);
    client = createClient({ url: `${gateway.url}/graphql`, retryAttempts: 0 });
  });
  after(() => gateway.close());

  const load = async (csv: string, ...options: string[]) => {
    const { code, stderr } = await runNode(
      ['src/cli.ts', 'import', '-', ...options],
      { DATABASE_URL: gateway.databaseUrl, METRICS_PORT: '0' },
      csv,
    );
    assert.equal(code, 0, stderr);
  };
  const csvOf = (rows: readonly string[]) => `TimeInstant,id_entity,no2\n${rows.join('\n')}\n`;

  /** Collects what a subscription gives until it is stopped. */
  function collect<Value>(query: string, field: string, variables: Record<string, unknown> = {}) {
    const values: Value[] = [];
    let errors: unknown;
    let ended = false;
    const stop = client.subscribe(
      { query, variables },
      {
        next: (result) => {
          if (result.errors) errors = result.errors;
          else values.push((result.data as Record<string, Value>)[field] as Value);
        },
        error: (error) => {
          errors = error;
        },
        complete: () => {
          ended = true;
        },
      },
    );
    return { values, stop, errors: () => errors, ended: () => ended };
  }

  const eventually = async (check: () => boolean, what: string) => {
    for (let attempt = 0; attempt < 100; attempt++) {
      if (check()) return;
      await sleep(50);
    }
    assert.fail(what);
  };
  const openStreams = async (wanted: number) => {
    for (let attempt = 0; attempt < 100; attempt++) {
      const response = await fetch(`${gateway.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
        body: JSON.stringify({ query: 'subscription { datasetChanged { version } }' }),
      });
      await response.body?.cancel();
      if (response.ok === wanted < 4) return;
      await sleep(50);
    }
    assert.fail(`Never ${wanted} open streams.`);
  };

  const added =
    'subscription ($where: MeasurementFilter) { measurementAdded(where: $where) { timeInstant stationId no2 } }';

  it('give each measurement that an import adds or changes, once, and only what was asked for', async () => {
    const all = collect<Added>(added, 'measurementAdded');
    const onlyB = collect<Added>(added, 'measurementAdded', {
      where: { stationIds: ['aq_b'], from: '2022-01-01T00:15:00Z' },
    });
    await sleep(300);
    await load(
      csvOf(['2022-01-01T00:15:00Z,aq_b,2', '2022-01-01T00:00:00Z,aq_a,1', '2022-01-01T00:00:00Z,aq_b,1']),
    );
    await eventually(() => all.values.length === 3 && onlyB.values.length === 1, JSON.stringify(all.values));
    assert.deepEqual(
      all.values.map(({ timeInstant, stationId, no2 }) => [timeInstant, stationId, no2]),
      [
        ['2022-01-01T00:00:00.000Z', 'aq_a', 1],
        ['2022-01-01T00:00:00.000Z', 'aq_b', 1],
        ['2022-01-01T00:15:00.000Z', 'aq_b', 2],
      ],
    );
    assert.deepEqual(onlyB.values, [{ timeInstant: '2022-01-01T00:15:00.000Z', stationId: 'aq_b', no2: 2 }]);
    // One row changes, one is new, one stays: the import compares instead of inserting.
    await load(
      csvOf(['2022-01-01T00:15:00Z,aq_b,7', '2022-01-01T00:30:00Z,aq_b,3', '2022-01-01T00:00:00Z,aq_a,1']),
    );
    await eventually(() => all.values.length >= 5, JSON.stringify(all.values));
    await sleep(200);
    assert.deepEqual(
      all.values.slice(3).map(({ no2 }) => no2),
      [7, 3],
    );
    assert.equal(onlyB.values.length, 3);
    all.stop();
    onlyB.stop();
  });

  it('give a large import at the pace of the reader', async () => {
    const seen = collect<Added>(added, 'measurementAdded');
    await sleep(300);
    const start = Date.parse('2023-01-01T00:00:00Z');
    const rows = Array.from(
      { length: 5_000 },
      (_, n) => `${new Date(start + n * 60_000).toISOString()},aq_a,${n % 97}`,
    );
    await load(csvOf(rows));
    await eventually(() => seen.values.length === 5_000, `${seen.values.length}`);
    assert.equal(new Set(seen.values.map(({ timeInstant }) => timeInstant)).size, 5_000);
    seen.stop();
  });

  it('tell each change of the data, the newest to slow readers', async () => {
    const changes = collect<{ version: string }>(
      'subscription { datasetChanged { version changedAt } }',
      'datasetChanged',
    );
    await sleep(300);
    await gateway.pool.query(`update station set name = 'AA' where id = 'aq_a'`);
    await eventually(() => changes.values.length === 1, 'no change');
    for (let time = 0; time < 20; time++)
      await gateway.pool.query(`update station set name = 'A${time}' where id = 'aq_a'`);
    const { data } = await gateway.graphql('{ dataset { version } }');
    await eventually(() => changes.values.at(-1)?.version === data.dataset.version, 'not the newest');
    changes.stop();
  });

  it('end with an error that says so when changes may have been missed', async () => {
    const seen = collect<Added>(added, 'measurementAdded');
    await sleep(300);
    await gateway.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'measurement-app notifications'`,
    );
    await eventually(() => seen.errors() !== undefined, 'no error');
    assert.match(JSON.stringify(seen.errors()), /SUBSCRIPTION_INTERRUPTED/);
    await eventually(seen.ended, 'still open');
    const again = collect<Added>(added, 'measurementAdded');
    await sleep(300);
    await load(csvOf(['2024-01-01T00:00:00Z,aq_a,1']));
    await eventually(() => again.values.length === 1, 'nothing after the interruption');
    again.stop();
  });

  it('are limited in number, and make room when they end', async () => {
    await openStreams(0);
    const open = [1, 2, 3, 4].map(() =>
      collect('subscription { datasetChanged { version } }', 'datasetChanged'),
    );
    await sleep(300);
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query: 'subscription { datasetChanged { version } }' }),
    });
    assert.equal(response.status, 503);
    assert.match(await response.text(), /TOO_MANY_SUBSCRIPTIONS.*|4 subscriptions/);
    for (const { stop } of open) stop();
    await openStreams(0);
  });

  const refusals: [query: string, code: string][] = [
    ['{ dataset { version } }', 'INVALID_ARGUMENT'],
    ['subscription { measurementAded { no2 } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['subscription {', 'GRAPHQL_PARSE_FAILED'],
    ['subscription { measurementAdded(where: { stationIds: ["aq_none"] }) { no2 } }', 'UNKNOWN_STATION'],
    [`subscription { measurementAdded { ${'no2 '.repeat(1_000)} } }`, 'TOO_MANY_TOKENS'],
    [
      'subscription { measurementAdded { station { latest { station { latest { station { latest { station { latest { station { name } } } } } } } } } } }',
      'QUERY_TOO_DEEP',
    ],
  ];
  for (const [query, code] of refusals) {
    it(`refuse ${query.slice(0, 80)} with ${code}`, async () => {
      const response = await fetch(`${gateway.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
        body: JSON.stringify({ query }),
      });
      const text = await response.text();
      assert.match(text, new RegExp(`"${code}"`));
    });
  }

  it('keep no process from stopping', async () => {
    const { url, child, finished } = await startMain({
      DATABASE_URL: gateway.databaseUrl,
      NODE_ENV: 'test',
      METRICS_PORT: '0',
      SHUTDOWN_GRACE_MS: '20000',
    });
    // As a browser's EventSource asks.
    const query = encodeURIComponent('subscription { datasetChanged { version } }');
    const response = await fetch(`${url}/graphql?query=${query}`, {
      headers: { accept: 'text/event-stream' },
    });
    assert.equal(response.status, 200);
    const closed = response.text().catch(() => '');
    const asked = performance.now();
    child.kill('SIGTERM');
    assert.equal((await finished).code, 0);
    assert.ok(performance.now() - asked < 5_000);
    await closed;
  });
});
