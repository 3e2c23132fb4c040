import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { digester } from './digest.ts';
import { encrypted } from './encryption.ts';
import { backupName, type Manifest, manifestName } from './manifest.ts';
import { startTool } from './postgresql-tools.ts';
import type { BackupTarget } from './target.ts';

export interface BackupOptions {
  readonly pool: pg.Pool;
  readonly url: string;
  readonly target: BackupTarget;
  readonly passphrase: string | undefined;
}

/**
 * Dumps the database as it is at this moment, while it is read and written, and stores the dump with its manifest. What
 * the manifest says of the content comes from the same snapshot.
 */
export async function createBackup({ pool, url, target, passphrase }: BackupOptions): Promise<Manifest> {
  const createdAt = new Date();
  const name = backupName(createdAt, passphrase !== undefined);
  const client = await pool.connect();
  try {
    await client.query('begin isolation level repeatable read read only');
    const { snapshot, ...content } = await describeSnapshot(client);
    const dump = startTool('pg_dump', ['--format=custom', '--compress=6', `--snapshot=${snapshot}`], url);
    const { stream: digested, result } = digester();
    const stored = new PassThrough();
    try {
      const bytes = passphrase === undefined ? dump.stdout : await encrypted(dump.stdout, passphrase);
      await Promise.all([
        target.put(name, stored),
        pipeline(
          bytes,
          digested,
          async function* (source) {
            yield* source;
            // Before the end is passed on: a dump that broke off must not become an object that looks whole.
            await dump.finished;
          },
          stored,
        ),
      ]);
    } catch (error) {
      dump.kill();
      // Of the two, what the program says tells more than the stream that broke.
      await dump.finished;
      throw error;
    }
    const manifest: Manifest = {
      name,
      createdAt: createdAt.toISOString(),
      ...result(),
      encrypted: passphrase !== undefined,
      ...content,
    };
    await target.put(manifestName(name), Readable.from([`${JSON.stringify(manifest, null, 2)}\n`]));
    return manifest;
  } finally {
    // Also ends what failed.
    await client.query('rollback').catch(() => {});
    client.release();
  }
}

async function describeSnapshot(client: pg.PoolClient) {
  const { rows } = await client.query<{
    snapshot: string;
    serverVersion: string;
    datasetVersion: string;
    measurements: string;
    stations: string;
  }>(
    `select pg_export_snapshot() as snapshot, current_setting('server_version') as "serverVersion",
       (select version from dataset) as "datasetVersion",
       (select count(*) from environment_airq_measurand) as measurements, (select count(*) from station) as stations`,
  );
  const [row] = rows;
  if (row === undefined) throw new Error('The snapshot has no description.');
  return { ...row, measurements: Number(row.measurements), stations: Number(row.stations) };
}
