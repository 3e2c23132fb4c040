/**
 * The peer that most would write first: Prisma `findMany` + json2csv, into nothing. WAY says how it gets at the rows:
 * `cursor`: pages as Prisma's documentation has them (`cursor`, `skip: 1`); `keyset`: pages with a hand-written keyset
 * condition, as good as it gets; `whole`: one `findMany` of everything. Prints seconds and peak resident memory in KiB.
 */
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { Parser } from '@json2csv/plainjs';
import { createPool } from '../../src/database/pool.ts';
import { createPrismaClient } from '../../src/database/prisma-client.ts';

const pageSize = 10_000;
const way = process.env.WAY ?? 'cursor';
const pool = createPool({ url: process.env.DATABASE_URL ?? '', size: 2, connectTimeoutMs: 10_000 });
const prisma = createPrismaClient(pool);
const parser = new Parser({
  fields: ['timeInstant', 'stationId', 'so2', 'no2', 'co', 'o3', 'pm10', 'pm2_5'],
  header: false,
});

interface Key {
  readonly timeInstant: Date;
  readonly stationId: string;
}

function behind({ timeInstant, stationId }: Key) {
  if (way === 'cursor') return { cursor: { stationId_timeInstant: { stationId, timeInstant } }, skip: 1 };
  const later = [{ timeInstant: { gt: timeInstant } }, { timeInstant, stationId: { gt: stationId } }];
  return { where: { timeInstant: { gte: timeInstant }, OR: later } };
}

const start = performance.now();
let rows = 0;
let last: Key | undefined;
while (true) {
  const page = await prisma.measurement.findMany({
    orderBy: [{ timeInstant: 'asc' }, { stationId: 'asc' }],
    ...(way !== 'whole' && { take: pageSize }),
    ...(last && behind(last)),
  });
  if (page.length === 0) break;
  parser.parse(page);
  rows += page.length;
  last = page.at(-1);
  if (way === 'whole') break;
}
const seconds = (performance.now() - start) / 1000;
const peak = Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
console.log(JSON.stringify({ rows, seconds, peakKibibytes: peak }));
await prisma.$disconnect();
await pool.end();
