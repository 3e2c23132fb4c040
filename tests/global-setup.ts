import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { stopWhenUnheld } from '../src/database/embedded-server/stop-when-unheld.ts';
import { type EmbeddedServer, startEmbeddedServer } from '../src/database/embedded-server.ts';

const MIGRATIONS = new URL('../prisma/migrations/', import.meta.url);

const PREFIX = 'measurement-tests-';
/** Younger directories may belong to a run that has not registered as their user yet. */
const LEFTOVER_AGE_MS = 60_000;

let directory: string | undefined;
let server: EmbeddedServer | undefined;

/**
 * One server for the whole run. The test files, which are processes of their own, inherit its address in
 * TEST_DATABASE_SERVER_URL and copy their databases from the migrated template `measurement_template`.
 *
 * All files: `npm test`. Some: `npm test -- tests/rest/csv.test.ts "tests/imports/*.test.ts"`. Some tests of them:
 * `npm test -- --test-name-pattern="recovers"`.
 */
export async function globalSetup(): Promise<void> {
  await removeLeftovers();
  directory = await mkdtemp(join(tmpdir(), PREFIX));
  server = await startEmbeddedServer({ directory, durable: false });
  const adminUrl = new URL(server.url);
  adminUrl.pathname = '/postgres';
  await createTemplate(adminUrl);
  process.env.TEST_DATABASE_SERVER_URL = adminUrl.href;
}

export async function globalTeardown(): Promise<void> {
  await server?.stop();
  if (directory) await rm(directory, { recursive: true, force: true });
}

/** A run that was killed had no time to stop its server. */
async function removeLeftovers(): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(PREFIX));
  for (const path of names.map((name) => join(tmpdir(), name))) {
    try {
      if (Date.now() - (await stat(path)).mtimeMs < LEFTOVER_AGE_MS) continue;
      if (await stopWhenUnheld(path)) await rm(path, { recursive: true, force: true });
    } catch {
      // It belongs to another user, or another run was quicker to remove it.
    }
  }
}

async function createTemplate(adminUrl: URL): Promise<void> {
  await run(adminUrl.href, ['CREATE DATABASE measurement_template']);
  const templateUrl = new URL(adminUrl);
  templateUrl.pathname = '/measurement_template';
  const entries = await readdir(MIGRATIONS, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const files = names.sort().map((name) => new URL(`${name}/migration.sql`, MIGRATIONS));
  await run(templateUrl.href, await Promise.all(files.map((file) => readFile(file, 'utf8'))));
  // Nobody may connect: a session in the template would make copying it fail.
  await run(adminUrl.href, ['ALTER DATABASE measurement_template IS_TEMPLATE true ALLOW_CONNECTIONS false']);
}

async function run(url: string, statements: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
