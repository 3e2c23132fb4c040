/** Exports over HTTP against `psql \copy` of the same query, and against what others would have written. */
import { resolve } from 'node:path';
import { openBenchDatabase } from './dataset.ts';
import { startGatewayProcess } from './gateway-process.ts';
import { interleaved, median } from './measure.ts';
import { curl, program, psqlCopy } from './programs.ts';
import { memoryGrowth } from './resident-memory.ts';
import { report } from './results.ts';

const rows = 1_000_000;
const rounds = 5;

const columns = `to_char("TimeInstant" at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "TimeInstant",
  id_entity, so2, no2, co, o3, pm10, pm2_5`;
const rawQuery = `select ${columns} from environment_airq_measurand m order by m."TimeInstant", m.id_entity`;

const database = await openBenchDatabase(rows);
const gateway = await startGatewayProcess(database.url);
const url = `${gateway.url}/air_quality`;

// The first export of a fresh process: its growth is not hidden by what an earlier one left behind. A small request
// before it loads the code.
await psqlCopy(database.url, rawQuery);
await curl(`${url}?limit=10`);
const growth = await memoryGrowth(gateway.pid, () => curl(url));

const firstBytes: number[] = [];
const times = await interleaved(
  {
    copy: () => psqlCopy(database.url, rawQuery),
    http: async () => {
      const { seconds, firstByteSeconds } = await curl(url);
      firstBytes.push(firstByteSeconds);
      return seconds;
    },
  },
  rounds,
);
await gateway.stop();

const prisma = JSON.parse(
  await program(process.execPath, [resolve(import.meta.dirname, 'peers/prisma-json2csv.ts')], {
    DATABASE_URL: database.url,
  }),
) as { seconds: number; peakKibibytes: number };
await database.close();

const rate = (seconds: number) => `${Math.round(rows / seconds / 1000).toLocaleString('en')} k rows/s`;
const ratio = times.copy / times.http;
const firstByte = median(firstBytes) * 1000;
report({
  title: 'CSV export of 1,000,000 rows, by time and station',
  method: `Medians of ${rounds} interleaved runs; curl and psql as clients. \`\\copy\` of the same query: ${times.copy.toFixed(2)} s (${rate(times.copy)}).`,
  rows: [
    {
      what: 'raw CSV over HTTP',
      figure: `${times.http.toFixed(2)} s, ${rate(times.http)}, ${ratio.toFixed(2)}x of \`\\copy\``,
      target: 'at least 1.0x',
      met: ratio >= 1,
    },
    {
      what: 'first byte',
      figure: `${firstByte.toFixed(1)} ms`,
      target: 'under 50 ms',
      met: firstByte < 50,
    },
    {
      what: 'memory growth of the gateway',
      figure: `${growth.toFixed(0)} MiB`,
      target: 'under 64 MiB',
      met: growth < 64,
    },
    {
      what: 'Prisma `findMany` + json2csv (one run)',
      figure: `${prisma.seconds.toFixed(1)} s at ${Math.round(prisma.peakKibibytes / 1024)} MiB; the gateway is ${(prisma.seconds / times.http).toFixed(1)}x as fast`,
      target: 'at least 5x',
      met: prisma.seconds / times.http >= 5,
    },
  ],
});
