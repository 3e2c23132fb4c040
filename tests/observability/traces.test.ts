import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPool } from '../../src/database/pool.ts';
import { createDaemons } from '../fixtures/daemons.ts';
import { createTestDatabase, type TestDatabase } from '../fixtures/database.ts';
import { insertMeasurements } from '../fixtures/measurements.ts';
import { freePort, type ObservedGateway, startObservedGateway } from '../fixtures/observed-gateway.ts';
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '../fixtures/otlp-receiver.ts';
import { start } from '../fixtures/process.ts';
import { systemProgram } from '../fixtures/system-program.ts';

describe('traces', () => {
  let database: TestDatabase;
  let receiver: OtlpReceiver;

  before(async () => {
    database = await createTestDatabase();
    const pool = createPool({ url: database.url, size: 1, connectTimeoutMs: 5_000 });
    await insertMeasurements(pool, 100);
    await pool.end();
    receiver = await startOtlpReceiver();
  });
  after(async () => {
    receiver.close();
    await database.drop();
  });

  function startTraced(environment: Record<string, string> = {}): Promise<ObservedGateway> {
    return startObservedGateway({
      DATABASE_URL: database.url,
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      ...environment,
    });
  }

  /** Runs one request in a trace of its own; its spans are there once the gateway has stopped. */
  const traceparent = (traceId: string, sampled = true) => ({
    traceparent: `00-${traceId}-00000000000000ab-${sampled ? '01' : '00'}`,
  });
  const inTrace = (traceId: string) => receiver.spans.filter((span) => span.traceId === traceId);

  it('cover HTTP, Express, GraphQL, Prisma, pg and COPY in one tree under the caller’s own trace', async () => {
    const gateway = await startTraced();
    const [exportTrace, graphqlTrace, stationsTrace] = ['a', 'b', 'c'].map((digit) => digit.repeat(32)) as [
      string,
      string,
      string,
    ];
    const csv = await fetch(`${gateway.url}/air_quality`, { headers: traceparent(exportTrace) });
    const body = await csv.text();
    await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...traceparent(graphqlTrace) },
      body: JSON.stringify({ query: 'query Newest { latest { timeInstant } }' }),
    });
    await (await fetch(`${gateway.url}/stations`, { headers: traceparent(stationsTrace) })).text();
    await gateway.stop();

    const exportSpans = inTrace(exportTrace);
    const request = spanOf(exportSpans, 'measurement-app/http', /^GET \/air_quality\{/);
    assert.equal(request.parentSpanId, '00000000000000ab');
    const handler = spanOf(exportSpans, 'measurement-app/express', /^handler \/air_quality\{/);
    assert.equal(handler.parentSpanId, request.spanId);
    const copy = spanOf(exportSpans, 'measurement-app/export', /^COPY/);
    assert.equal(copy.attributes['db.response.returned_rows'], body.trimEnd().split('\n').length - 1);
    assert.equal(copy.attributes['measurement_app.export.bytes'], body.length);
    assert.equal(copy.attributes['measurement_app.export.outcome'], 'complete');
    assert.equal(copy.parentSpanId, handler.spanId);
    spanOf(exportSpans, '@opentelemetry/instrumentation-pg', /BEGIN/);

    const graphqlSpans = inTrace(graphqlTrace);
    const post = spanOf(graphqlSpans, 'measurement-app/http', /^POST \/graphql$/);
    assert.equal(post.parentSpanId, '00000000000000ab');
    const graphql = spanOf(graphqlSpans, 'measurement-app/graphql', /^query Newest$/);
    assert.equal(graphql.attributes['graphql.operation.name'], 'Newest');
    assert.equal(graphql.attributes['graphql.operation.type'], 'query');
    const select = spanOf(graphqlSpans, '@opentelemetry/instrumentation-pg', /^pg\.query:/);
    assert.ok(graphqlSpans.length < 12, 'the operation, not every field');
    assert.equal(select.traceId, graphql.traceId);

    const stations = inTrace(stationsTrace);
    const operation = spanOf(stations, 'prisma', /^prisma:client:operation$/);
    assert.equal(operation.attributes.model, 'Station');
    const query = spanOf(stations, 'prisma', /^prisma:client:db_query$/);
    const sql = spanOf(stations, '@opentelemetry/instrumentation-pg', /^pg\.query:SELECT/);
    assert.equal(sql.parentSpanId, query.spanId, 'Prisma’s query holds the one of pg that carries it out');
  });

  it('cover Redis', async () => {
    const daemons = createDaemons();
    const port = await freePort();
    const redis = await systemProgram('redis-server', 'redis-server');
    await daemons.start(redis, ['--port', String(port), '--bind', '127.0.0.1', '--save', '']);
    const gateway = await startTraced({ REDIS_URL: `redis://127.0.0.1:${port}` });
    const traceId = '1'.repeat(32);
    const ask = () =>
      fetch(`${gateway.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...traceparent(traceId) },
        body: JSON.stringify({ query: '{ pollutants { code } }' }),
      });
    // The first look-ups may come before Redis is connected.
    for (let attempt = 0; attempt < 10; attempt++) {
      await (await ask()).text();
      await sleep(100);
    }
    await gateway.stop();
    daemons.stop();
    const span = spanOf(inTrace(traceId), '@opentelemetry/instrumentation-redis', /GET/);
    assert.equal(span.attributes['db.system.name'], 'redis');
  });

  it('are named in the log lines of their request', async () => {
    const traceId = 'd'.repeat(32);
    const gateway = await startTraced();
    await (await fetch(`${gateway.url}/stations`, { headers: traceparent(traceId) })).text();
    await gateway.stop();
    const line = gateway
      .log()
      .split('\n')
      .find((text) => text.includes('/stations'));
    assert.equal(JSON.parse(line ?? '{}').trace_id, traceId);
  });

  it('follow the sampler that the standard variables ask for, and the caller’s decision before it', async () => {
    const gateway = await startTraced({
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0',
    });
    const before = receiver.spans.length;
    await (await fetch(`${gateway.url}/stations`)).text();
    await (await fetch(`${gateway.url}/stations`, { headers: traceparent('e'.repeat(32), false) })).text();
    await (await fetch(`${gateway.url}/stations`, { headers: traceparent('f'.repeat(32)) })).text();
    await gateway.stop();
    const traces = new Set(receiver.spans.slice(before).map(({ traceId }) => traceId));
    assert.ok(traces.has('f'.repeat(32)));
    assert.ok(!traces.has('e'.repeat(32)));
    const requests = receiver.spans.slice(before).filter(({ scope }) => scope === 'measurement-app/http');
    assert.equal(requests.length, 1);
  });

  it('leave out health checks and scrapes', async () => {
    const gateway = await startTraced();
    const before = receiver.spans.length;
    await (await fetch(`${gateway.url}/health/ready`)).text();
    await gateway.metrics();
    await gateway.stop();
    const requests = receiver.spans.slice(before).filter(({ scope }) => scope === 'measurement-app/http');
    assert.deepEqual(requests, []);
  });

  it('of an import say what became of its rows', async () => {
    const { finished } = start('src/cli.ts', ['import', 'tests/fixtures/environment_airq_measurand.csv'], {
      NODE_OPTIONS: '--import ./src/telemetry.ts',
      DATABASE_URL: database.url,
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    });
    const { code, stderr } = await finished;
    assert.equal(code, 0, stderr);
    const span = spanOf(receiver.spans, 'measurement-app/import', /^import$/);
    assert.equal(span.attributes['measurement_app.import.outcome'], 'loaded');
    assert.ok(Number(span.attributes['measurement_app.import.inserted']) > 0);
    assert.equal(span.attributes['measurement_app.import.rejected'], 0);
  });

  it('cost nothing when no endpoint is set: not one module of OpenTelemetry’s SDK is loaded', async () => {
    const loaded = `
      import { registerHooks } from 'node:module';
      registerHooks({ load(url, context, next) {
        if (/@opentelemetry.(sdk|instrumentation|exporter)|import-in-the-middle/.test(url)) console.log('LOADED ' + url);
        return next(url, context);
      } });`;
    const environment = {
      DATABASE_URL: database.url,
      METRICS_PORT: '0',
      NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(loaded)}`,
    };
    const off = await startObservedGateway(environment);
    await (await fetch(`${off.url}/stations`)).text();
    await off.stop();
    assert.doesNotMatch(off.log(), /LOADED/);
    assert.doesNotMatch(off.log(), /trace_id/);

    const on = await startTraced(environment);
    await on.stop();
    assert.match(on.log(), /LOADED/, 'the hook that watches what is loaded works');
  });
});

function spanOf(spans: readonly ReceivedSpan[], scope: string, name: RegExp): ReceivedSpan {
  const found = spans.find((span) => span.scope === scope && name.test(span.name));
  assert.ok(
    found,
    `no span ${name} of ${scope} among:\n${spans.map((span) => `${span.scope} ${span.name}`).join('\n')}`,
  );
  return found;
}
