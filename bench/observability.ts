/** What tracing and metrics cost: page throughput of gateways that differ in nothing else. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openBenchDatabase } from './dataset.ts';
import { startGatewayProcess } from './gateway-process.ts';
import { load } from './load.ts';
import { median } from './measure.ts';
import { type BenchRow, report } from './results.ts';

const rounds = Number(process.env.BENCH_ROUNDS ?? 5);
const seconds = Number(process.env.BENCH_SECONDS ?? 3);

const graphqlPage = `/graphql?query=${encodeURIComponent('{measurements{page(first:100){nodes{timeInstant so2 no2 co o3 pm10 pm25}}}}')}`;
/** The page asked for, and the share of its throughput that telemetry may cost. */
const pages = [
  {
    name: 'GraphQL page of 100 rows',
    path: graphqlPage,
    headers: { 'apollo-require-preflight': 'true' },
    target: 0.05,
  },
  { name: 'JSON page of 100 rows', path: '/air_quality?format=json&limit=100', headers: {}, target: null },
];

/** Takes spans as a collector does, and forgets them. */
const collector = createServer((request, response) => request.resume().on('end', () => response.end()));
collector.listen(0, '127.0.0.1');
await once(collector, 'listening');

const database = await openBenchDatabase(100_000);
const common = {
  DATABASE_POOL_SIZE: '8',
  CACHE_TTL_GRAPHQL_RESPONSES_SECONDS: '0',
  // The load generator leaves its last requests unanswered, a warning each.
  LOG_LEVEL: 'error',
};
const traced = {
  OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
  OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
};
const gateways = {
  off: await startGatewayProcess(database.url, common),
  metrics: await startGatewayProcess(database.url, { ...common, METRICS_PORT: '9465' }),
  sampled: await startGatewayProcess(database.url, {
    ...common,
    ...traced,
    OTEL_TRACES_SAMPLER_ARG: '0.1',
    METRICS_PORT: '9466',
  }),
  all: await startGatewayProcess(database.url, {
    ...common,
    ...traced,
    OTEL_TRACES_SAMPLER_ARG: '1',
    METRICS_PORT: '9467',
  }),
};
/** A share as words. */
const percent = (less: number) => `${Math.abs(less * 100).toFixed(1)} % ${less < 0 ? 'more' : 'less'}`;

type Name = keyof typeof gateways;
const names = Object.keys(gateways) as Name[];

const rows: BenchRow[] = [];
try {
  for (const { name, path, headers, target } of pages) {
    const rates: Record<Name, number[]> = { off: [], metrics: [], sampled: [], all: [] };
    const run = (gateway: Name) => load(gateways[gateway].url + path, { headers, seconds });
    // Until the compiler has seen the code.
    for (const gateway of names) await run(gateway);
    for (let round = 0; round < rounds; round++) {
      for (const gateway of round % 2 === 0 ? names : names.toReversed()) {
        rates[gateway].push((await run(gateway)).requestsPerSecond);
      }
    }
    // Each round against its own reference: what slows the machine for a while slows both.
    const cost = (gateway: Name) =>
      1 - median(rates[gateway].map((rate, round) => rate / (rates.off[round] ?? rate)));
    const row = (what: string, gateway: Name, limit: number | null): BenchRow => ({
      what: `${name}: ${what}`,
      figure: `${Math.round(median(rates[gateway])).toLocaleString('en')} requests/s, ${percent(cost(gateway))}`,
      target: limit === null ? 'stated' : `under ${limit * 100} % less`,
      met: limit === null ? null : cost(gateway) < limit,
    });
    rows.push({
      what: `${name}: neither`,
      figure: `${Math.round(median(rates.off)).toLocaleString('en')} requests/s`,
      target: '',
      met: null,
    });
    rows.push(row('metrics', 'metrics', target));
    rows.push(row('metrics, 10 % of traces', 'sampled', target));
    rows.push(row('metrics, every trace', 'all', null));
  }
} finally {
  for (const gateway of Object.values(gateways)) await gateway.stop();
  await database.close();
  collector.close();
}

report({
  title: 'Tracing and metrics',
  method: `Four gateways on one database, 8 connections, medians of ${rounds} interleaved runs of ${seconds} s with autocannon; the spans go to a sink on the same machine.`,
  rows,
});
