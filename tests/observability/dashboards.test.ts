import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { recordAudit } from '../../src/audit/audit-log.ts';
import { createPool } from '../../src/database/pool.ts';
import { createPrismaClient } from '../../src/database/prisma-client.ts';
import { createApiKey } from '../../src/keys/api-keys.ts';
import { createDaemons } from '../fixtures/daemons.ts';
import { createTestDatabase, type TestDatabase } from '../fixtures/database.ts';
import { insertMeasurements } from '../fixtures/measurements.ts';
import { freePort, type ObservedGateway, startObservedGateway } from '../fixtures/observed-gateway.ts';
import { parseSeries } from '../fixtures/prometheus-text.ts';
import { selectorsOf, withoutVariables } from '../fixtures/promql.ts';
import { systemProgram } from '../fixtures/system-program.ts';
import { failureOnlySeries } from './failure-only-series.ts';

const observability = resolve(import.meta.dirname, '../../observability');

interface Expression {
  /** Where it stands, for the message. */
  readonly place: string;
  readonly text: string;
}

describe('dashboards, rules and alerts, on a running system scraped by Prometheus', () => {
  const daemons = createDaemons();
  let folder: string;
  let database: TestDatabase;
  let gateway: ObservedGateway | undefined;
  let prometheus: string;
  let expressions: Expression[];
  /** Of an API key that may import. */
  let writeKey: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dashboards-'));
    database = await createTestDatabase();
    writeKey = await fillDatabase(database.url);
    const ports = {
      redis: await freePort(),
      node: await freePort(),
      postgresExporter: await freePort(),
      redisExporter: await freePort(),
      prometheus: await freePort(),
    };
    const at = (port: number, path = '') => `http://127.0.0.1:${port}${path}`;

    const redisArgs = ['--port', String(ports.redis), '--bind', '127.0.0.1', '--save', '', '--dir', folder];
    await daemons.start(await systemProgram('redis-server', 'redis-server'), redisArgs);
    await daemons.start(
      await systemProgram('prometheus-node-exporter', 'prometheus-node-exporter'),
      [`--web.listen-address=127.0.0.1:${ports.node}`],
      at(ports.node, '/metrics'),
    );
    await daemons.start(
      await systemProgram('prometheus-postgres-exporter', 'prometheus-postgres-exporter'),
      [
        `--web.listen-address=127.0.0.1:${ports.postgresExporter}`,
        `--extend.query-path=${join(observability, 'postgres-exporter/queries.yaml')}`,
      ],
      at(ports.postgresExporter, '/metrics'),
      { DATA_SOURCE_NAME: `${database.url}?sslmode=disable` },
    );
    await daemons.start(
      await systemProgram('prometheus-redis-exporter', 'prometheus-redis-exporter'),
      [
        `-web.listen-address=127.0.0.1:${ports.redisExporter}`,
        `-redis.addr=redis://127.0.0.1:${ports.redis}`,
      ],
      at(ports.redisExporter, '/metrics'),
    );
    gateway = await startObservedGateway({
      DATABASE_URL: database.url,
      REDIS_URL: `redis://127.0.0.1:${ports.redis}`,
    });

    const configuration = adapted(await readFile(join(observability, 'prometheus/prometheus.yml'), 'utf8'), [
      [
        /dns_sd_configs:\n.*\n.*\n.*port: 9464/,
        `static_configs: [{ targets: ['${new URL(gateway.metricsUrl).host}'] }]`,
      ],
      ['node-exporter:9100', `127.0.0.1:${ports.node}`],
      ['postgres-exporter:9187', `127.0.0.1:${ports.postgresExporter}`],
      ['redis-exporter:9121', `127.0.0.1:${ports.redisExporter}`],
      ['localhost:9090', `127.0.0.1:${ports.prometheus}`],
      ['rules/*.yml', join(observability, 'prometheus/rules/*.yml')],
      ['scrape_interval: 15s', 'scrape_interval: 1s'],
      ['evaluation_interval: 15s', 'evaluation_interval: 1s'],
    ]);
    await writeFile(join(folder, 'prometheus.yml'), configuration);
    prometheus = at(ports.prometheus);
    await daemons.start(
      await systemProgram('prometheus', 'prometheus'),
      [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${ports.prometheus}`,
      ],
      at(ports.prometheus, '/-/ready'),
    );
    expressions = await allExpressions();
  });
  after(async () => {
    await gateway?.stop();
    daemons.stop();
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  });

  it('finds a dashboard for each of what an operator looks at', async () => {
    const files = await readdir(join(observability, 'grafana/dashboards'));
    assert.deepEqual(files.sort(), [
      'api.json',
      'data-quality.json',
      'postgresql.json',
      'redis.json',
      'server.json',
      'slo.json',
    ]);
    assert.ok(expressions.length > 130, `${expressions.length} expressions`);
  });

  it('has series for every expression, but for the written list of failures', async () => {
    // Twice, with scrapes between, so that every rate has two points.
    for (let round = 0; round < 3; round++) {
      await exercise(gateway as ObservedGateway);
      await sleep(2_500);
    }
    const missing = await eventuallyNone(async () => {
      const found: string[] = [];
      for (const { place, text } of expressions) {
        for (const selector of selectorsOf(text)) {
          if (failureOnlySeries.some(({ series }) => series === selector)) continue;
          const { data } = await ask('series', { 'match[]': selector });
          if ((data as unknown[]).length === 0) found.push(`${place}: ${selector}`);
        }
      }
      return found;
    });
    assert.deepEqual(missing, []);
  });

  it('is documented: every metric of our own', async () => {
    const documented = await readFile(resolve(observability, '../docs/observability.md'), 'utf8');
    const names = parseSeries(await (gateway as ObservedGateway).metrics())
      .map(({ name }) => name.replace(/_(bucket|sum|count)$/, ''))
      .filter((name) => name.startsWith('measurement_app_'));
    for (const name of new Set(names)) assert.ok(documented.includes(`\`${name}\``), name);
  });

  it('evaluates every expression', async () => {
    for (const { place, text } of expressions) {
      const { status, error } = await ask('query', { query: text });
      assert.equal(status, 'success', `${place}: ${text}\n${error}`);
    }
  });

  it('has no panel that stays empty while all is well, failures apart', async () => {
    const empty = await eventuallyNone(async () => {
      const found: string[] = [];
      for (const { place, text } of expressions.filter((one) => one.place.startsWith('dashboard'))) {
        if (selectorsOf(text).some((selector) => failureOnlySeries.some(({ series }) => series === selector)))
          continue;
        const { data } = await ask('query', { query: text });
        if ((data as { result: unknown[] }).result.length === 0) found.push(`${place}: ${text}`);
      }
      return found;
    });
    assert.deepEqual(empty, []);
  });

  it('fires no critical alert on a system that works', async () => {
    const { data } = await ask('query', { query: 'ALERTS{alertstate="firing",severity="critical"}' });
    assert.deepEqual((data as { result: unknown[] }).result, []);
  });

  it('lists failures that are used, and that a test of promtool brings about', async () => {
    const tested = await readFile(join(observability, 'prometheus/tests/rules.test.yml'), 'utf8');
    const used = new Set(expressions.flatMap(({ text }) => selectorsOf(text)));
    for (const { series, evidence } of failureOnlySeries) {
      assert.ok(used.has(series), `${series} is used nowhere`);
      const name = series.slice(0, series.indexOf('{'));
      const brought = tested.split('\n').some((line) => line.includes(`${name}{`) && line.includes(evidence));
      assert.ok(brought, `${series}: no test of promtool has ${name} with ${evidence}`);
    }
  });

  async function ask(path: string, parameters: Record<string, string>) {
    const response = await fetch(`${prometheus}/api/v1/${path}`, {
      method: 'POST',
      body: new URLSearchParams(parameters),
    });
    return (await response.json()) as { status: string; data: unknown; error?: string };
  }

  /** What an ordinary day brings, in a second: pages, downloads, one given up, a wrong argument, an import. */
  async function exercise({ url, graphql }: ObservedGateway): Promise<void> {
    for (const path of [
      '/stations',
      '/stations/aq_delta',
      '/stations/none',
      '/air_quality/latest',
      '/air_quality?limit=100',
    ]) {
      await (await fetch(url + path)).text();
    }
    const abandoned = new AbortController();
    const download = await fetch(`${url}/air_quality`, { signal: abandoned.signal });
    await download.body?.getReader().read();
    abandoned.abort();
    for (let again = 0; again < 2; again++) {
      await graphql('query Stations { stations(first: 2) { nodes { id } } }', 'Stations');
      await graphql('query Wrong { nothing }', 'Wrong');
    }
    const now = new Date(Math.floor(Date.now() / 1_000) * 1_000);
    const csv = `TimeInstant,id_entity,so2,no2,co,o3,pm10,pm2_5\n${now.toISOString()},aq_delta,1,2,0.3,4,5,6\n`;
    const response = await fetch(`${url}/air_quality?again=true`, {
      method: 'POST',
      headers: { authorization: `Bearer ${writeKey}`, 'content-type': 'text/csv' },
      body: csv,
    });
    assert.ok(response.ok, await response.text());
  }
});

/** Stations, measurements, a ledger with one load, and a key. @returns the key */
async function fillDatabase(url: string): Promise<string> {
  const pool = createPool({ url, size: 1, connectTimeoutMs: 5_000 });
  await insertMeasurements(pool, 30_000);
  const prisma = createPrismaClient(pool);
  const finishedAt = new Date();
  await prisma.import.create({ data: { source: 'test', importedBy: 'test', rowsInserted: 4n, finishedAt } });
  await recordAudit(prisma, { actor: 'test', action: 'backup.create' });
  const { key } = await createApiKey(prisma, { name: 'dashboards', scopes: ['write'], actor: 'test' });
  await prisma.$disconnect();
  await pool.end();
  return key;
}

/** Replaces each, and insists that it was there. */
function adapted(text: string, replacements: readonly [string | RegExp, string][]): string {
  return replacements.reduce((current, [from, to]) => {
    const next = current.replace(from, () => to);
    assert.notEqual(next, current, `prometheus.yml has no ${from}`);
    return next;
  }, text);
}

/** Tries for a while, since a scrape and an evaluation have to come first; gives what was last found. */
async function eventuallyNone(look: () => Promise<string[]>): Promise<string[]> {
  let found = await look();
  for (let attempt = 0; attempt < 20 && found.length > 0; attempt++) {
    await sleep(500);
    found = await look();
  }
  return found;
}

/** Every expression of PromQL in the repository. */
async function allExpressions(): Promise<Expression[]> {
  const found: Expression[] = [];
  const dashboards = join(observability, 'grafana/dashboards');
  for (const file of await readdir(dashboards)) {
    const { panels } = JSON.parse(await readFile(join(dashboards, file), 'utf8'));
    for (const { title, targets = [] } of panels) {
      for (const { expr } of targets)
        found.push({ place: `dashboard ${file}, ${title}`, text: withoutVariables(expr) });
    }
  }
  const rules = join(observability, 'prometheus/rules');
  for (const file of await readdir(rules)) {
    const text = await readFile(join(rules, file), 'utf8');
    for (const [, kind, name, expression = ''] of text.matchAll(
      /- (alert|record): (\S+)\n\s+expr: (\|\n(?: {10}.*\n)+|.*\n)/g,
    )) {
      const bare = expression
        .replace(/^\|\n/, '')
        .trim()
        .replace(/^'(.*)'$/s, '$1');
      found.push({ place: `${kind} ${name}`, text: bare });
    }
  }
  return found;
}
