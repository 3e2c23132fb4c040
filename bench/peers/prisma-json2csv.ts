/**
 * The peer that most would write first: Prisma `findMany` in keyset pages, json2csv, into nothing. Prints its seconds and
 * its peak resident memory in KiB.
 */
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { Parser } from '@json2csv/plainjs';
import { createPool } from '../../src/database/pool.ts';
import { createPrismaClient } from '../../src/database/prisma-client.ts';

const pageSize = 10_000;
const pool = createPool({ url: process.env.DATABASE_URL ?? '', size: 2, connectTimeoutMs: 10_000 });
const prisma = createPrismaClient(pool);
const parser = new Parser({
  fields: ['timeInstant', 'stationId', 'so2', 'no2', 'co', 'o3', 'pm10', 'pm2_5'],
  header: false,
});

const start = performance.now();
let rows = 0;
let last: { timeInstant: Date; stationId: string } | undefined;
while (true) {
  const page = await prisma.measurement.findMany({
    orderBy: [{ timeInstant: 'asc' }, { stationId: 'asc' }],
    take: pageSize,
    ...(last && {
      where: {
        timeInstant: { gte: last.timeInstant },
        OR: [
          { timeInstant: { gt: last.timeInstant } },
          { timeInstant: last.timeInstant, stationId: { gt: last.stationId } },
        ],
      },
    }),
  });
  if (page.length === 0) break;
  parser.parse(page);
  rows += page.length;
  last = page.at(-1);
}
const seconds = (performance.now() - start) / 1000;
const peak = Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
console.log(JSON.stringify({ rows, seconds, peakKibibytes: peak }));
await prisma.$disconnect();
await pool.end();
