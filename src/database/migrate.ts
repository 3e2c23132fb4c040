import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import type pg from 'pg';

const root = resolve(import.meta.dirname, '../..');

/**
 * Brings a database that belongs to this checkout up to date with `prisma migrate deploy`; does not start Prisma's CLI,
 * which takes over a second, when every migration is there already.
 * @throws Error with what Prisma printed.
 */
export async function migrate(pool: pg.Pool, url: string): Promise<void> {
  if (!(await hasPendingMigrations(pool))) return;
  const child = spawn(
    process.execPath,
    [resolve(root, 'node_modules/prisma/build/index.js'), 'migrate', 'deploy'],
    {
      cwd: root,
      env: { ...process.env, DATABASE_URL: url },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  child.stdout.on('data', (text) => (output += text));
  child.stderr.on('data', (text) => (output += text));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`prisma migrate deploy failed:\n${output}`);
}

async function hasPendingMigrations(pool: pg.Pool): Promise<boolean> {
  if (!(await hasTable(pool, '_prisma_migrations'))) return true;
  const { rows } = await pool.query<{ name: string }>(
    'select migration_name as name from _prisma_migrations where finished_at is not null',
  );
  const applied = new Set(rows.map(({ name }) => name));
  const entries = await readdir(resolve(root, 'prisma/migrations'), { withFileTypes: true });
  return entries.some((entry) => entry.isDirectory() && !applied.has(entry.name));
}

/** Whether a table of this name is on the search path. */
export async function hasTable(pool: pg.Pool, name: string): Promise<boolean> {
  const { rows } = await pool.query<{ there: boolean }>('select to_regclass($1) is not null as there', [
    name,
  ]);
  return rows[0]?.there === true;
}
