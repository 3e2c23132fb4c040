/** Exports over HTTP against `psql \copy` of the same query, and against what others would have written. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openBenchDatabase } from './dataset.ts';
import { type GatewayProcess, startGatewayProcess } from './gateway-process.ts';
import { load } from './load.ts';
import { interleaved, median, quantile } from './measure.ts';
import { pageLatencies } from './page-latency.ts';
import { curl, program, psqlCopy } from './programs.ts';
import { memoryGrowth } from './resident-memory.ts';
import { type BenchRow, report } from './results.ts';

const million = 1_000_000;
const rounds = 5;
const rawQuery = `select to_char("TimeInstant" at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "TimeInstant",
  id_entity, so2, no2, co, o3, pm10, pm2_5 from environment_airq_measurand m order by m."TimeInstant", m.id_entity`;
const stationMonth = '?id_entity=aq_station_3&from=2017-03-01&to=2017-04-01';

const rate = (seconds: number) => `${Math.round(million / seconds / 1000).toLocaleString('en')} k rows/s`;
const ratioText = (ratio: number) => `${ratio.toFixed(2)}x`;
const peer = (file: string) => resolve(import.meta.dirname, 'peers', file);

const oneMillion = await openBenchDatabase(million);
const tenMillion = await openBenchDatabase(10 * million);

report({
  title: 'CSV export of 1,000,000 rows, by time and station',
  ...(await formats()),
});
report({ title: 'Exports side by side', ...(await fairness()) });
report({ title: 'Answers that need no query', ...(await cachedAnswers()) });

await oneMillion.close();
await tenMillion.close();

async function withGateway<Result>(
  databaseUrl: string,
  run: (gateway: GatewayProcess) => Promise<Result>,
): Promise<Result> {
  const gateway = await startGatewayProcess(databaseUrl);
  try {
    return await run(gateway);
  } finally {
    await gateway.stop();
  }
}

/** Growth during the first export of a fresh process, so that it is not hidden by what an earlier one left behind. */
function growthOf(databaseUrl: string, work: (url: string) => Promise<unknown>): Promise<number> {
  return withGateway(databaseUrl, async ({ url, pid }) => {
    // A small request of each kind loads the code.
    await curl(`${url}/air_quality?limit=10`);
    return memoryGrowth(pid, () => work(`${url}/air_quality`));
  });
}

async function formats() {
  const firstBytes: number[] = [];
  const times = await withGateway(oneMillion.url, async (gateway) => {
    const url = `${gateway.url}/air_quality`;
    const http = async (query: string, headers: string[] = []) => (await curl(url + query, headers)).seconds;
    // Once unmeasured: the database's cache is warm for all.
    await psqlCopy(oneMillion.url, rawQuery);
    await http('');
    return interleaved(
      {
        copy: () => psqlCopy(oneMillion.url, rawQuery),
        raw: async () => {
          const { seconds, firstByteSeconds } = await curl(url);
          firstBytes.push(firstByteSeconds * 1000);
          return seconds;
        },
        dialect: () => http('?delimiter=;&null=NA&bom=true&header=units'),
        zstd: () => http('', ['accept-encoding: zstd']),
        gzip: () => http('', ['accept-encoding: gzip']),
        ndjson: () => http('.ndjson'),
        json: () => http('.json'),
      },
      rounds,
    );
  });
  const growth = await growthOf(oneMillion.url, (url) => curl(url));
  const prisma = async (way: 'cursor' | 'keyset' | 'whole') =>
    JSON.parse(
      await program(process.execPath, [peer('prisma-json2csv.ts')], {
        DATABASE_URL: oneMillion.url,
        WAY: way,
      }),
    ) as { seconds: number; peakKibibytes: number };
  const documented = await prisma('cursor');
  const tuned = await prisma('keyset');
  const whole = await prisma('whole');
  const flask = JSON.parse(
    await program('/usr/bin/python3', [peer('flask_sqlalchemy.py')], { DATABASE_URL: oneMillion.url }),
  ) as { seconds: number; peakKibibytes: number };

  const against = (what: string, seconds: number, least: number, reference = times.copy): BenchRow => ({
    what,
    figure: `${seconds.toFixed(2)} s, ${rate(seconds)}, ${ratioText(reference / seconds)}`,
    target: `at least ${least.toFixed(1)}x`,
    met: reference / seconds >= least,
  });
  const firstByte = median(firstBytes);
  const speed = ({ seconds, peakKibibytes }: { seconds: number; peakKibibytes: number }) =>
    `${seconds.toFixed(1)} s at ${Math.round(peakKibibytes / 1024).toLocaleString('en')} MiB; the gateway is ${ratioText(seconds / times.raw)} as fast`;
  const rows: BenchRow[] = [
    against('raw CSV over HTTP, against `\\copy`', times.raw, 1),
    against('zstd, against `\\copy`', times.zstd, 0.8),
    against('gzip, against `\\copy`', times.gzip, 0.5),
    against('a CSV dialect (`;`, NA, BOM, units), against raw', times.dialect, 0.9, times.raw),
    against('NDJSON, against `\\copy` as CSV', times.ndjson, 0.5),
    against('JSON, against `\\copy` as CSV', times.json, 0.5),
    { what: 'first byte', figure: `${firstByte.toFixed(1)} ms`, target: 'under 50 ms', met: firstByte < 50 },
    {
      what: 'memory growth of the gateway',
      figure: `${growth.toFixed(0)} MiB`,
      target: 'under 64 MiB',
      met: growth < 64,
    },
    {
      what: 'Prisma `findMany` in pages as its documentation has them (`cursor`) + json2csv, without HTTP, one run',
      figure: speed(documented),
      target: 'at least 5x',
      met: documented.seconds / times.raw >= 5,
    },
    {
      what: 'the same with a hand-written keyset condition',
      figure: speed(tuned),
      target: 'stated',
      met: null,
    },
    { what: 'the same with one `findMany` of everything', figure: speed(whole), target: 'stated', met: null },
    {
      what: 'Flask + SQLAlchemy `query.all()` (one run)',
      figure: speed(flask),
      target: 'stated',
      met: null,
    },
  ];
  return {
    method: `Medians of ${rounds} interleaved runs; curl and psql as clients. \`\\copy\` of the same query: ${times.copy.toFixed(2)} s (${rate(times.copy)}).`,
    rows,
  };
}

async function fairness() {
  const month = async (databaseUrl: string) =>
    withGateway(databaseUrl, async ({ url }) => {
      const times: number[] = [];
      for (let round = 0; round < 200; round++)
        times.push((await curl(`${url}/air_quality${stationMonth}`)).seconds);
      return median(times.slice(50)) * 1000;
    });
  // In turn, twice, so that a noisy minute hits both.
  const small = [await month(oneMillion.url)];
  const large = [await month(tenMillion.url)];
  small.push(await month(oneMillion.url));
  large.push(await month(tenMillion.url));
  const [ofOne, ofTen] = [median(small), median(large)];

  const growthOfTen = await growthOf(tenMillion.url, (url) => curl(url));
  const eightAtOnce = (url: string) => Promise.all(Array.from({ length: 8 }, () => curl(url)));
  const growthOfEight = await growthOf(oneMillion.url, eightAtOnce);

  const [idle, busy] = await withGateway(oneMillion.url, async (gateway) => {
    const url = `${gateway.url}/air_quality`;
    await pageLatencies(url, sleep(2_000));
    const idle = await pageLatencies(url, sleep(8_000));
    const busy = await pageLatencies(url, eightAtOnce(url));
    return [idle, busy];
  });
  const [idleP99, busyP99] = [quantile(idle, 0.99), quantile(busy, 0.99)];
  return {
    method:
      'One station-month (about 3,000 rows as CSV) out of 1 M and 10 M rows; exports of everything; pages of 100 rows asked one after the other by one client, each another page.',
    rows: [
      {
        what: 'one station-month out of 10 M rows, against out of 1 M',
        figure: `${ofTen.toFixed(1)} ms against ${ofOne.toFixed(1)} ms, ${ratioText(ofTen / ofOne)}`,
        target: 'within 10 %',
        met: ofTen / ofOne <= 1.1,
      },
      {
        what: 'memory growth, 10 M rows',
        figure: `${growthOfTen.toFixed(0)} MiB`,
        target: 'under 64 MiB',
        met: growthOfTen < 64,
      },
      {
        what: 'memory growth, 8 exports at once',
        figure: `${growthOfEight.toFixed(0)} MiB`,
        target: 'under 128 MiB',
        met: growthOfEight < 128,
      },
      {
        what: 'page latency p99 while 8 exports run, against idle',
        figure: `${busyP99.toFixed(1)} ms (${busy.length} pages) against ${idleP99.toFixed(1)} ms (${idle.length}), ${ratioText(busyP99 / idleP99)}`,
        target: 'under 3x',
        met: busyP99 / idleP99 < 3,
      },
    ],
  };
}

async function cachedAnswers() {
  const hello = spawn(process.execPath, [peer('express-hello-world.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [address] = await once(hello.stdout, 'data');
  const helloUrl = String(address).trim();
  const rows: BenchRow[] = [];
  const connectionCounts = [64, 8];
  await withGateway(oneMillion.url, async (gateway) => {
    const url = `${gateway.url}/air_quality?limit=1`;
    const tag = (await fetch(url)).headers.get('etag') ?? '';
    for (const connections of connectionCounts) {
      const contestants = {
        reference: () => load(helloUrl, { connections }),
        notModified: () => load(url, { connections, headers: { 'if-none-match': tag }, expected: '3xx' }),
        cached: () => load(url, { connections }),
      };
      const rates: Record<keyof typeof contestants, number[]> = {
        reference: [],
        notModified: [],
        cached: [],
      };
      for (let round = 0; round < 3; round++) {
        for (const name of Object.keys(contestants) as (keyof typeof contestants)[]) {
          rates[name].push((await contestants[name]()).requestsPerSecond);
        }
      }
      const reference = median(rates.reference);
      // A look-up of the dataset version is shared by those who wait at the same time: the more, the cheaper.
      const target = connections === connectionCounts[0];
      const row = (what: string, perSecond: number): BenchRow => ({
        what: `${what}, ${connections} connections`,
        figure: `${Math.round(perSecond).toLocaleString('en')} requests/s against ${Math.round(reference).toLocaleString('en')}, ${ratioText(perSecond / reference)}`,
        target: target ? 'at least 0.5x' : 'stated',
        met: target ? perSecond / reference >= 0.5 : null,
      });
      rows.push(
        row('304 by ETag', median(rates.notModified)),
        row('`/air_quality?limit=1`, cached', median(rates.cached)),
      );
    }
  });
  hello.kill();
  return {
    method:
      'Medians of 3 interleaved runs of 4 s with autocannon, against an Express hello-world in the same run.',
    rows,
  };
}
