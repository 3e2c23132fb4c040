import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type EmbeddedServer, startEmbeddedServer } from '../../src/database/embedded-server.ts';
import { runNode } from '../fixtures/run-command.ts';

// A server of its own: half of these tests kill it.
let directory: string;
let server: EmbeddedServer;
let pool: pg.Pool;
let file: string;

const rows = 20_000;
const kills = 10;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'measurement-atomicity-'));
  server = await startEmbeddedServer({ directory: join(directory, 'server') });
  const migrated = await runNode(['node_modules/prisma/build/index.js', 'migrate', 'deploy'], {
    DATABASE_URL: server.url,
  });
  assert.equal(migrated.code, 0, migrated.stderr);
  pool = new pg.Pool({ connectionString: server.url, max: 1 });
  pool.on('error', () => {});
  file = join(directory, 'measurements.csv');
  await writeFile(file, measurements(0, rows));
});

after(async () => {
  await pool.end();
  await server.stop();
  await rm(directory, { recursive: true, force: true });
});

/** Ten stations, 15-minute steps over seven months. */
function measurements(first: number, count: number): string {
  const lines = Array.from({ length: count }, (_, index) => {
    const time = new Date(Date.UTC(2016, 2, 1) + Math.floor((first + index) / 10) * 900_000).toISOString();
    return `${time},aq_${index % 10},${index % 100},1,1,1,1,1`;
  });
  return `TimeInstant,id_entity,so2,no2,co,o3,pm10,pm2_5\n${lines.join('\n')}\n`;
}

/** What there is of the file: part of it would be neither 0 nor all. */
async function loaded(): Promise<{ measurements: number; imports: number; leftovers: number }> {
  const { rows } = await answered(`
    SELECT (SELECT count(*) FROM environment_airq_measurand WHERE no2 = 1)::int AS measurements,
           (SELECT count(*) FROM import WHERE source <> 'before')::int AS imports,
           (SELECT count(*) FROM pg_class WHERE relname LIKE 'import\\_month%' OR (relname LIKE 'environment\\_airq\\_measurand\\_2%'
              AND relkind = 'r' AND NOT relispartition))::int AS leftovers`);
  return rows[0];
}

/** Asks until the server has recovered and the import's session has ended. */
async function answered(sql: string): Promise<pg.QueryResult> {
  for (let attempt = 0; ; attempt++) {
    try {
      const { rows } = await pool.query(
        "SELECT count(*)::int AS running FROM pg_stat_activity WHERE application_name = 'measurement-app import'",
      );
      if (rows[0].running === 0) return await pool.query(sql);
    } catch (error) {
      if (attempt > 300) throw error;
    }
    await sleep(100);
  }
}

/** Some of the file's measurements with other values, in one of its months: a merge has to insert, attach and update. */
async function reset(): Promise<void> {
  const { rows: partitions } = await answered(`
    SELECT relid::regclass::text AS name FROM pg_partition_tree('environment_airq_measurand') WHERE isleaf`);
  for (const { name } of partitions) await answered(`DROP TABLE ${name}`);
  await answered('TRUNCATE import, station');
  await answered("SELECT measurement_partitions_ensure('2016-03-01', '2016-03-02')");
  await answered(`
    INSERT INTO environment_airq_measurand ("TimeInstant", id_entity, no2)
    SELECT '2016-03-01Z'::timestamptz + step * interval '15 minutes', 'aq_1', 7 FROM generate_series(0, 99) AS step`);
}

async function importSessions(): Promise<{ pid: number }[]> {
  const { rows } = await pool.query(
    "SELECT pid FROM pg_stat_activity WHERE application_name = 'measurement-app import'",
  );
  return rows;
}

function startImport(): { child: ReturnType<typeof spawn>; ended: Promise<unknown> } {
  const child = spawn(process.execPath, ['src/cli.ts', 'import', file], {
    env: { ...process.env, DATABASE_URL: server.url },
    stdio: 'ignore',
  });
  return { child, ended: once(child, 'close') };
}

async function typicalDuration(): Promise<number> {
  await reset();
  const start = performance.now();
  await startImport().ended;
  assert.deepEqual(await loaded(), { measurements: rows, imports: 1, leftovers: 0 });
  return performance.now() - start;
}

async function assertAllOrNothing(when: string): Promise<void> {
  const state = await loaded();
  const expected = state.imports === 1 ? { measurements: rows, imports: 1 } : { measurements: 0, imports: 0 };
  assert.deepEqual(state, { ...expected, leftovers: 0 }, when);
  await startImport().ended;
  assert.deepEqual(
    await loaded(),
    { measurements: rows, imports: 1, leftovers: 0 },
    `${when}, and run again`,
  );
}

test(`kill -9 of the gateway at ${kills} random moments leaves all or nothing; running again completes it`, async () => {
  const duration = await typicalDuration();
  for (let kill = 0; kill < kills; kill++) {
    await reset();
    const { child, ended } = startImport();
    const delay = Math.random() * duration;
    await sleep(delay);
    child.kill('SIGKILL');
    await ended;
    await assertAllOrNothing(`killed after ${Math.round(delay)} of ${Math.round(duration)} ms`);
  }
});

test(`kill -9 of PostgreSQL at ${kills} random moments leaves all or nothing; running again completes it`, async () => {
  const duration = await typicalDuration();
  let hits = 0;
  for (let kill = 0; hits < kills && kill < 3 * kills; kill++) {
    await reset();
    const { child, ended } = startImport();
    // Most of the time before its session begins goes into starting Node.
    while (child.exitCode === null && (await importSessions()).length === 0) await sleep(5);
    const delay = duration * 0.4 * Math.random();
    await sleep(delay);
    const rows = await importSessions();
    for (const { pid } of rows) {
      // One backend killed hard takes the whole server through crash recovery.
      process.kill(pid, 'SIGKILL');
      hits++;
    }
    await ended;
    await assertAllOrNothing(`server killed ${Math.round(delay)} ms after the session began`);
  }
  assert.ok(hits >= kills / 2, `hit a running import ${hits} times`);
});

test('imports of the same rows at once neither deadlock nor double', async () => {
  const overlapping = join(directory, 'overlapping.csv');
  await writeFile(overlapping, measurements(rows / 2, rows));
  for (let round = 0; round < 5; round++) {
    await reset();
    const results = await Promise.all(
      [file, overlapping, file, overlapping].map((path) =>
        runNode(['src/cli.ts', 'import', path, '--again'], { DATABASE_URL: server.url }),
      ),
    );
    for (const { code, stderr } of results) assert.equal(code, 0, stderr);
    const { rows: counted } = await answered(`
      SELECT (SELECT count(*) FROM environment_airq_measurand)::int AS measurements,
             (SELECT sum(rows_inserted) FROM import)::int AS inserted, (SELECT count(*) FROM import)::int AS imports`);
    assert.deepEqual(counted[0], { measurements: 1.5 * rows, inserted: 1.5 * rows - 100, imports: 4 });
  }
});
