/**
 * Import against `psql \copy` straight into the same partitioned, indexed table.
 *
 *   node bench/import.ts [--rows 1000000,10000000] [--runs 3] [--live-seconds 60] [--data FOLDER]
 *
 * Starts an embedded PostgreSQL of its own. Runs alternate, each in a fresh database; the median counts. `\copy` finds its
 * partitions made. Then live batches: 1,000 rows, 50 times a second, posted to a gateway while pages are read from it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { startEmbeddedServer } from '../src/database/embedded-server.ts';
import { simulatedStations } from '../src/imports/simulated-stations.ts';
import { simulate, stepsPerDay } from '../src/imports/simulation.ts';
import { type BenchRow, report } from './results.ts';

const root = resolve(import.meta.dirname, '..');
const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000,10000000' },
    runs: { type: 'string', default: '3' },
    'live-seconds': { type: 'string', default: '60' },
    data: { type: 'string' },
  },
});

const folder = values.data ?? (await mkdtemp(join(tmpdir(), 'measurement-bench-')));
await mkdir(folder, { recursive: true });
const server = await startEmbeddedServer({ directory: join(folder, 'server') });
try {
  const results: BenchRow[] = [];
  for (const rows of values.rows.split(',').map(Number).filter(Boolean))
    results.push(...(await compare(rows, Number(values.runs))));
  if (Number(values['live-seconds']) > 0) results.push(await live(Number(values['live-seconds'])));
  report({
    title: 'Imports',
    method: `A file of 100 stations by \`measurement-app import\` (start of the process, validation and merge included) against \`psql \\copy\` straight into the same partitioned, indexed table; medians of ${values.runs} run(s), each into a fresh database. Then live batches of 1,000 rows over HTTP, 50 due a second, with page reads beside them.`,
    rows: results,
  });
} finally {
  await server.stop();
  if (values.data === undefined) await rm(folder, { recursive: true, force: true });
}

async function compare(rows: number, runs: number): Promise<BenchRow[]> {
  const stations = 100;
  const days = Math.ceil(rows / stations / stepsPerDay);
  const file = join(folder, `${rows}.csv`);
  await pipeline(simulate({ stations: simulatedStations(stations), days }), createWriteStream(file));
  const count = stations * days * stepsPerDay;
  const copies: number[] = [];
  const imports: number[] = [];
  let memory = 0;
  for (let run = 0; run < runs; run++) {
    copies.push(
      await inFreshDatabase(
        (url) => timed('psql', [url, '-c', copySql(file)]).then(({ seconds }) => seconds),
        days,
      ),
    );
    const imported = await inFreshDatabase((url) =>
      timed(process.execPath, ['src/cli.ts', 'import', file], url),
    );
    imports.push(imported.seconds);
    memory = Math.max(memory, imported.mebibytes);
  }
  const [copy, load] = [median(copies), median(imports)];
  console.log(
    `${count} rows: \\copy ${copy.toFixed(2)} s, import ${load.toFixed(2)} s (${Math.round(count / load)} rows/s), ` +
      `${(copy / load).toFixed(2)}x of \\copy, peak memory of the importing process ${memory} MiB`,
  );
  return [
    {
      what: `${count.toLocaleString('en')} rows`,
      figure: `${load.toFixed(1)} s (${Math.round(count / load).toLocaleString('en')} rows/s) against ${copy.toFixed(1)} s, ${(copy / load).toFixed(2)}x`,
      target: 'at least 0.5x',
      met: copy / load >= 0.5,
    },
    { what: 'peak memory of the importing process', figure: `${memory} MiB`, target: 'stated', met: null },
  ];
}

function copySql(file: string): string {
  return `\\copy environment_airq_measurand("TimeInstant",id_entity,so2,no2,co,o3,pm10,pm2_5) from '${file}' csv header`;
}

async function inFreshDatabase<Result>(
  run: (url: string) => Promise<Result>,
  daysOfPartitions = 0,
): Promise<Result> {
  const name = `bench_${Date.now()}`;
  await query(server.url, `CREATE DATABASE ${name}`);
  const url = server.url.replace(/\/[^/]*$/, `/${name}`);
  await timed(process.execPath, ['node_modules/prisma/build/index.js', 'migrate', 'deploy'], url);
  if (daysOfPartitions > 0) {
    await query(
      url,
      `SELECT measurement_partitions_ensure('2026-11-01Z'::timestamptz - ${daysOfPartitions} * interval '1 day', '2026-11-01Z')`,
    );
  }
  await query(url, 'CHECKPOINT');
  try {
    return await run(url);
  } finally {
    await query(server.url, `DROP DATABASE ${name} WITH (FORCE)`);
  }
}

async function query(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql);
  await client.end();
}

async function timed(
  command: string,
  args: string[],
  url?: string,
): Promise<{ seconds: number; mebibytes: number }> {
  const start = performance.now();
  const child = spawn(command, args, {
    cwd: root,
    env: {
      ...process.env,
      PATH: `${resolve(root, 'node_modules/.bin')}:${process.env.PATH}`,
      ...(url !== undefined && { DATABASE_URL: url }),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  let mebibytes = 0;
  const watch = setInterval(() => {
    mebibytes = Math.max(mebibytes, peakMemory(child.pid));
  }, 50);
  const [code] = await once(child, 'close');
  clearInterval(watch);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} exited with ${code}`);
  return { seconds: (performance.now() - start) / 1000, mebibytes };
}

/** Linux only; 0 elsewhere. */
function peakMemory(pid: number | undefined): number {
  try {
    const kibibytes = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Math.round(Number(kibibytes) / 1024);
  } catch {
    return 0;
  }
}

function median(numbers: number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

async function live(seconds: number): Promise<BenchRow> {
  return inFreshDatabase(async (url) => {
    await timed(process.execPath, ['src/cli.ts', 'seed'], url);
    const port = 20_000 + Math.floor(Math.random() * 20_000);
    const environment = {
      DATABASE_URL: url,
      PORT: String(port),
      METRICS_PORT: '0',
      LOG_LEVEL: 'silent',
      IMPORTS_AT_ONCE_MAX: '8',
    };
    const gateway = spawn(process.execPath, ['src/main.ts'], {
      cwd: root,
      env: { ...process.env, ...environment },
      stdio: 'inherit',
    });
    const base = `http://127.0.0.1:${port}`;
    while (
      !(await fetch(`${base}/health/ready`).then(
        ({ ok }) => ok,
        () => false,
      ))
    )
      await sleep(100);
    const key = await newKey(url);
    const [posts, reads, late]: [number[], number[], number[]] = [[], [], []];
    let failures = 0;
    const end = performance.now() + seconds * 1000;
    const reading = (async () => {
      while (performance.now() < end) {
        const start = performance.now();
        await (await fetch(`${base}/air_quality?order=-time&limit=100`)).arrayBuffer();
        reads.push(performance.now() - start);
        await sleep(20);
      }
    })();
    const pending = new Set<Promise<void>>();
    for (let batch = 0; performance.now() < end; batch++) {
      const due = end - seconds * 1000 + batch * 20;
      if (due > performance.now()) await sleep(due - performance.now());
      late.push(performance.now() - due);
      const start = performance.now();
      const post = fetch(`${base}/air_quality`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'text/csv' },
        body: liveBatch(batch),
      })
        .then(async (response) => {
          await response.arrayBuffer();
          if (response.ok) posts.push(performance.now() - start);
          else failures++;
        })
        .finally(() => pending.delete(post));
      pending.add(post);
    }
    await Promise.all(pending);
    await reading;
    gateway.kill();
    await once(gateway, 'close');
    const percentile = (numbers: number[], share: number) =>
      Math.round(numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length * share)] ?? Number.NaN);
    return {
      what: `live for ${seconds} s: ${posts.length} of ${posts.length + failures} batches of 1,000 rows loaded`,
      figure:
        `${(posts.length / seconds).toFixed(1)} batches/s, POST p50 ${percentile(posts, 0.5)} ms p99 ${percentile(posts, 0.99)} ms; ` +
        `${reads.length} page reads, p50 ${percentile(reads, 0.5)} ms p99 ${percentile(reads, 0.99)} ms`,
      target: '50 batches/s, none refused',
      met: failures === 0 && posts.length / seconds >= 49.5,
    };
  });
}

/** One instant of a thousand stations, later with every batch. */
function liveBatch(batch: number): string {
  const time = new Date(Date.UTC(2026, 10, 2) + batch * 1000).toISOString();
  const rows = Array.from(
    { length: 1_000 },
    (_, station) => `${time},live_${station},${station % 50},20.5,0.4,60.25,18,9.5`,
  );
  return `TimeInstant,id_entity,so2,no2,co,o3,pm10,pm2_5\n${rows.join('\n')}\n`;
}

async function newKey(url: string): Promise<string> {
  const child = spawn(process.execPath, ['src/cli.ts', 'keys', 'create', 'bench'], {
    cwd: root,
    env: { ...process.env, DATABASE_URL: url },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let key = '';
  child.stdout.on('data', (text) => {
    key += text;
  });
  await once(child, 'close');
  return key.trim();
}
