import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { GatewayError } from '../errors.ts';
import type { Manifest } from './manifest.ts';
import { openBackup } from './open-backup.ts';
import { startTool } from './postgresql-tools.ts';
import type { BackupTarget } from './target.ts';
import { verifyBackup } from './verify-backup.ts';

export interface RestoreOptions {
  readonly url: string;
  readonly target: BackupTarget;
  readonly manifest: Manifest;
  readonly passphrase: string | undefined;
  /** Whether the backup may take the place of a database that holds something. */
  readonly replace: boolean;
}

/**
 * Restores a backup beside the database that `url` names, looks whether all is there, and only then gives it that name.
 * Whatever fails, the database is as it was; one that is replaced is kept under another name.
 * @returns the name that the replaced database has now, if there was one.
 * @throws GatewayError CONFLICT when the database holds something, or the backup is not sound.
 */
export async function restoreBackup(options: RestoreOptions): Promise<string | undefined> {
  const { target, manifest, passphrase, replace } = options;
  const name = databaseOf(options.url);
  const url = urlOf(options.url, name);
  const inPlace = await stateOf(url);
  if (inPlace === 'filled' && !replace) {
    throw new GatewayError('CONFLICT', `The database ${name} is not empty.`, {
      hint: 'Restore into another one, or give --replace: it is then kept under another name.',
    });
  }
  await verifyBackup(target, manifest, passphrase);

  const stamp = new Date().toISOString().replaceAll(/\D/g, '').slice(0, 14);
  const [fresh, former] = [`${name}_restore_${stamp}`, `${name}_before_${stamp}`];
  const administrationUrl = urlOf(url, 'postgres');
  await administer(administrationUrl, [
    `create database ${quoted(fresh)} template template0 encoding 'UTF8'`,
  ]);
  try {
    await fill(urlOf(url, fresh), await openBackup(target, manifest, passphrase));
    await assertContent(urlOf(url, fresh), manifest);
  } catch (error) {
    await administer(administrationUrl, [`drop database if exists ${quoted(fresh)} with (force)`]);
    throw error;
  }
  if (inPlace !== 'missing') {
    await administer(administrationUrl, [
      // Those who are connected would keep it from being renamed, and come back at once.
      `alter database ${quoted(name)} allow_connections false`,
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = ${pg.escapeLiteral(name)}`,
      inPlace === 'empty'
        ? `drop database ${quoted(name)} with (force)`
        : `alter database ${quoted(name)} rename to ${quoted(former)}`,
    ]);
  }
  await administer(administrationUrl, [`alter database ${quoted(fresh)} rename to ${quoted(name)}`]);
  if (inPlace !== 'filled') return undefined;
  await administer(administrationUrl, [`alter database ${quoted(former)} allow_connections true`]);
  return former;
}

async function fill(url: string, dump: Awaited<ReturnType<typeof openBackup>>): Promise<void> {
  const restore = startTool(
    'pg_restore',
    // Roles differ from server to server; the tables belong to who restores them.
    ['--exit-on-error', '--no-owner', '--no-privileges', `--dbname=${databaseOf(url)}`],
    url,
  );
  const read = pipeline(dump, restore.stdin);
  read.catch(() => {});
  // What the program says tells more than the stream it left.
  await restore.finished;
  await read;
}

async function stateOf(url: string): Promise<'missing' | 'empty' | 'filled'> {
  try {
    const { rows } = await withClient(url, (client) =>
      client.query(`select from pg_class where relnamespace = 'public'::regnamespace limit 1`),
    );
    return rows.length === 0 ? 'empty' : 'filled';
  } catch (error) {
    // invalid_catalog_name
    if ((error as { code?: string }).code === '3D000') return 'missing';
    throw error;
  }
}

async function assertContent(url: string, manifest: Manifest): Promise<void> {
  const { rows } = await withClient(url, (client) =>
    client.query<{ version: string; measurements: string; stations: string }>(
      `select (select version from dataset) as version,
         (select count(*) from environment_airq_measurand) as measurements, (select count(*) from station) as stations`,
    ),
  );
  const [found] = rows;
  if (
    found?.version === manifest.datasetVersion &&
    Number(found.measurements) === manifest.measurements &&
    Number(found.stations) === manifest.stations
  ) {
    return;
  }
  throw new GatewayError('CONFLICT', `The restored database is not what ${manifest.name} should hold.`, {
    hint:
      `Expected ${manifest.measurements} measurements of ${manifest.stations} stations at version ` +
      `${manifest.datasetVersion}, found ${JSON.stringify(found)}.`,
  });
}

async function administer(url: string, statements: readonly string[]): Promise<void> {
  await withClient(url, async (client) => {
    for (const statement of statements) await client.query(statement);
  });
}

async function withClient<Result>(url: string, run: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    return await run(client);
  } finally {
    await client.end();
  }
}

function databaseOf(url: string): string {
  return decodeURIComponent(new URL(url).pathname.slice(1));
}

function urlOf(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${encodeURIComponent(database)}`;
  // `schema` is Prisma's; PostgreSQL would refuse it.
  other.searchParams.delete('schema');
  return other.href;
}

function quoted(name: string): string {
  return pg.escapeIdentifier(name);
}
