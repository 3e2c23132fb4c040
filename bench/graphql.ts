/** GraphQL pages, look-ups and statistics against PostGraphile 5 and GraphQL Yoga with raw SQL, on the same database. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { openBenchDatabase } from './dataset.ts';
import { startGatewayProcess } from './gateway-process.ts';
import { type Load, load } from './load.ts';
import { median } from './measure.ts';
import { type BenchRow, report } from './results.ts';

const rounds = Number(process.env.BENCH_ROUNDS ?? 3);
const seconds = Number(process.env.BENCH_SECONDS ?? 4);

const values = 'so2 no2 co o3 pm10 pm2_5';
const station = 'aq_station_3';
const [from, to] = ['2017-03-01T00:00:00Z', '2017-04-01T00:00:00Z'];

interface Scenario {
  readonly name: string;
  readonly ours: string;
  readonly postgraphile: string;
  readonly yoga: string;
  readonly connections: number;
}

const page = (first: number): Omit<Scenario, 'name' | 'connections'> => ({
  ours: `{ measurements { page(first: ${first}) { nodes { timeInstant stationId ${values} } } } }`,
  postgraphile: `{ allEnvironmentAirqMeasurands(first: ${first}, orderBy: [TIME_INSTANT_ASC, ID_ENTITY_ASC]) { nodes { timeInstant idEntity so2 no2 co o3 pm10 pm25 } } }`,
  yoga: `{ measurements(first: ${first}) { timeInstant stationId ${values} } }`,
});

const scenarios: readonly Scenario[] = [
  { name: 'first page of 100', connections: 8, ...page(100) },
  { name: 'page of 10,000', connections: 4, ...page(10_000) },
  {
    name: 'station with latest',
    connections: 8,
    ours: `{ station(id: "${station}") { id name latest { timeInstant ${values} } } }`,
    postgraphile: `{ stationByRowId(rowId: "${station}") { rowId name } allEnvironmentAirqMeasurands(condition: { idEntity: "${station}" }, orderBy: TIME_INSTANT_DESC, first: 1) { nodes { timeInstant so2 no2 co o3 pm10 pm25 } } }`,
    yoga: `{ station(id: "${station}") { id name latest { timeInstant ${values} } } }`,
  },
  {
    name: 'daily means of a month',
    connections: 8,
    ours: `{ station(id: "${station}") { measurements(from: "${from}", to: "${to}") { statistics(interval: "P1D", pollutants: [NO2]) { nodes { periodStart mean observedCount } } } } }`,
    postgraphile: `{ benchDailyMeans(station: "${station}", starting: "${from}", beyond: "${to}") { nodes { day mean observed } } }`,
    yoga: `{ dailyMeans(id: "${station}", from: "${from}", to: "${to}") { day mean observed } }`,
  },
];

const database = await openBenchDatabase(1_000_000);
// What a PostGraphile project does for an aggregate: a function, which becomes a field.
await database.pool.query(`
  create schema if not exists bench;
  drop function if exists bench.daily_means;
  create function bench.daily_means(station text, starting timestamptz, beyond timestamptz)
    returns table (day timestamptz, mean float8, observed int) language sql stable as $$
      select date_trunc('day', "TimeInstant", 'UTC'), avg(no2), count(no2)::int from environment_airq_measurand
      where id_entity = station and "TimeInstant" >= starting and "TimeInstant" < beyond group by 1 order by 1
    $$;
`);
const uncached = await startGatewayProcess(database.url, {
  DATABASE_POOL_SIZE: '8',
  EXPORTS_AT_ONCE_MAX: '2',
  LOG_LEVEL: 'error',
  CACHE_TTL_GRAPHQL_RESPONSES_SECONDS: '0',
});
const cached = await startGatewayProcess(database.url, {
  DATABASE_POOL_SIZE: '8',
  EXPORTS_AT_ONCE_MAX: '2',
  LOG_LEVEL: 'error',
});
const peers = [await startPeer('postgraphile.ts'), await startPeer('yoga-raw-sql.ts')] as const;
const [postgraphile, yoga] = peers;

try {
  const rows: BenchRow[] = [];
  for (const scenario of scenarios) {
    const measured = await measure(scenario);
    const { ours, cache, postgraphile: reference } = measured;
    const text = ({ requestsPerSecond, p50Ms, p99Ms }: Load) =>
      `${requestsPerSecond.toFixed(requestsPerSecond < 100 ? 1 : 0)}/s, p50 ${p50Ms} ms, p99 ${p99Ms} ms`;
    const ratio = ours.requestsPerSecond / reference.requestsPerSecond;
    const cacheRatio = cache.requestsPerSecond / reference.requestsPerSecond;
    const spread = ours.p99Ms / Math.max(1, ours.p50Ms);
    rows.push(
      { what: `${scenario.name}, PostGraphile 5`, figure: text(reference), target: '', met: null },
      { what: `${scenario.name}, Yoga with raw SQL`, figure: text(measured.yoga), target: '', met: null },
      {
        what: `${scenario.name}, uncached`,
        figure: `${text(ours)}; ${ratio.toFixed(2)}x PostGraphile`,
        target: 'at least 1x PostGraphile',
        met: ratio >= 1,
      },
      {
        what: `${scenario.name}, p99 against p50`,
        figure: `${spread.toFixed(1)}x`,
        target: 'under 5x',
        met: spread < 5,
      },
      {
        what: `${scenario.name}, from the cache`,
        figure: `${text(cache)}; ${cacheRatio.toFixed(1)}x PostGraphile`,
        target: 'at least 3x PostGraphile',
        met: cacheRatio >= 3,
      },
    );
  }
  report({
    title: 'GraphQL',
    method: `Same database of 1,000,000 rows, 8 connections to it each, ${rounds} interleaved rounds of ${seconds} s by autocannon (8 connections, 4 for the large page), medians. Every server is a process in production mode.`,
    rows,
  });
} finally {
  await Promise.all([uncached.stop(), cached.stop(), ...peers.map((peer) => peer.stop())]);
  await database.close();
}

async function measure(scenario: Scenario) {
  const contestants = {
    ours: { url: uncached.url, query: scenario.ours },
    cache: { url: cached.url, query: scenario.ours },
    postgraphile: { url: postgraphile.url, query: scenario.postgraphile },
    yoga: { url: yoga.url, query: scenario.yoga },
  };
  const results = { ours: [], cache: [], postgraphile: [], yoga: [] } as Record<
    keyof typeof contestants,
    Load[]
  >;
  for (const [name, { url, query }] of Object.entries(contestants)) await assertAnswers(name, url, query);
  for (let round = 0; round < rounds; round++) {
    for (const [name, { url, query }] of Object.entries(contestants)) {
      results[name as keyof typeof contestants].push(
        await load(`${url}/graphql`, {
          connections: scenario.connections,
          seconds,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ query }),
        }),
      );
    }
  }
  return Object.fromEntries(
    Object.entries(results).map(([name, loads]) => [
      name,
      {
        requestsPerSecond: median(loads.map((one) => one.requestsPerSecond)),
        p50Ms: median(loads.map((one) => one.p50Ms)),
        p99Ms: median(loads.map((one) => one.p99Ms)),
      },
    ]),
  ) as Record<keyof typeof contestants, Load>;
}

/** An error is fast, too. */
async function assertAnswers(name: string, url: string, query: string): Promise<void> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  const text = await response.text();
  if (!response.ok || text.includes('"errors"') || text.length < 80) {
    throw new Error(`${name} does not answer ${query}: ${text.slice(0, 500)}`);
  }
}

async function startPeer(file: string): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const child: ChildProcess = spawn(process.execPath, [resolve(import.meta.dirname, 'peers', file)], {
    env: { ...process.env, NODE_ENV: 'production', DATABASE_URL: database.url, GRAPHILE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [address] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  return {
    url: address.toString().trim(),
    async stop() {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}
