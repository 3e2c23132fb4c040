import { resolve } from 'node:path';
import pg from 'pg';
import { startEmbeddedServer } from '../src/database/embedded-server.ts';
import { migrate } from '../src/database/migrate.ts';
import { createPool } from '../src/database/pool.ts';

export interface BenchDatabase {
  readonly url: string;
  readonly pool: pg.Pool;
  close(): Promise<void>;
}

/**
 * A migrated database with `rows` measurements of ten stations, a quarter of an hour apart from 2016-10-01 on, with 15 to
 * 17 digits a value. It is kept in `.data/bench`, so that only the first run has to make it.
 */
export async function openBenchDatabase(rows: number): Promise<BenchDatabase> {
  const server = await startEmbeddedServer({ directory: resolve(import.meta.dirname, '../.data/bench') });
  const url = new URL(server.url);
  url.pathname = `/bench_${rows}`;
  await createDatabase(server.url, `bench_${rows}`);
  const pool = createPool({ url: url.href, size: 4, connectTimeoutMs: 10_000 });
  await migrate(pool, url.href);
  await fill(pool, rows);
  return {
    url: url.href,
    pool,
    async close() {
      await pool.end();
      await server.stop();
    },
  };
}

/** An empty, migrated database that is removed again on `close`, for benchmarks that load. */
export async function createEmptyDatabase(): Promise<BenchDatabase> {
  const server = await startEmbeddedServer({ directory: resolve(import.meta.dirname, '../.data/bench') });
  const name = `bench_empty_${process.pid}_${Date.now()}`;
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  await createDatabase(server.url, name);
  const pool = createPool({ url: url.href, size: 4, connectTimeoutMs: 10_000 });
  await migrate(pool, url.href);
  return {
    url: url.href,
    pool,
    async close() {
      await pool.end();
      await administer(server.url, `drop database ${name} with (force)`);
      await server.stop();
    },
  };
}

async function createDatabase(serverUrl: string, name: string): Promise<void> {
  await administer(serverUrl, `create database ${name}`).catch((error: { code?: string }) => {
    if (error.code !== '42P04') throw error; // duplicate_database: made by an earlier run
  });
}

async function administer(serverUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

async function fill(pool: pg.Pool, rows: number): Promise<void> {
  const { rows: found } = await pool.query('select count(*)::int as count from environment_airq_measurand');
  if (found[0].count === rows) return;
  console.log(`making ${rows.toLocaleString('en')} measurements, once`);
  await pool.query('truncate environment_airq_measurand, station');
  await pool.query(
    `insert into station (id, name) select 'aq_station_' || n, 'Station ' || n from generate_series(0, 9) n`,
  );
  const steps = rows / 10;
  await pool.query(
    `select measurement_partitions_ensure('2016-10-01', '2016-10-01'::timestamptz + $1 * interval '15 min')`,
    [steps],
  );
  await pool.query(
    `insert into environment_airq_measurand ("TimeInstant", id_entity, so2, no2, co, o3, pm10, pm2_5)
     select '2016-10-01'::timestamptz + step * interval '15 min' + floor(random() * 40) * interval '1 ms',
       'aq_station_' || n, random() * 10, random() * 60, random(), random() * 90, random() * 40, random() * 20
     from generate_series(0, $1 - 1) step, generate_series(0, 9) n order by 1, 2`,
    [steps],
  );
  await pool.query('vacuum (analyze) environment_airq_measurand');
}
