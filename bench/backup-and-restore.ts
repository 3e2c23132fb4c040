// How long a backup, its check and its restore take: node bench/backup-and-restore.ts [rows, default 1000000]. Uses the
// PostgreSQL that is installed on the machine (apt-get install postgresql). The figures of docs/backup.md are from here.
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { createPool } from '../src/database/pool.ts';
import { startInstalledPostgresql } from '../tests/fixtures/installed-postgresql.ts';
import { insertMeasurements } from '../tests/fixtures/measurements.ts';

const run = promisify(execFile);
const rows = Number(process.argv[2] ?? 1_000_000);
const server = await startInstalledPostgresql();
const folder = await mkdtemp(join(tmpdir(), 'measurement-backup-bench-'));

try {
  await server.createMigratedDatabase('measurement');
  const pool = createPool({ url: server.url('measurement'), size: 1, connectTimeoutMs: 5_000 });
  // Four stations, one row in twenty missing.
  await insertMeasurements(pool, Math.ceil(rows / 3.8));
  await pool.end();
  for (const passphrase of ['', 'a passphrase for the benchmark']) {
    console.log(passphrase === '' ? 'plain' : 'encrypted');
    await timed('backup', ['backup'], passphrase);
    const [newest = ''] = (await readdir(folder))
      .filter((name) => !name.endsWith('.json'))
      .sort()
      .reverse();
    console.log(`  ${((await stat(join(folder, newest))).size / 1e6).toFixed(1)} MB`);
    await timed('verify', ['verify'], passphrase);
    await server.query('postgres', 'drop database measurement with (force)');
    await timed('restore', ['restore'], passphrase);
  }
} finally {
  await server.stop();
  await rm(folder, { recursive: true });
}

async function timed(name: string, args: readonly string[], passphrase: string): Promise<void> {
  const started = performance.now();
  await run(process.execPath, [resolve(import.meta.dirname, '../src/cli.ts'), ...args], {
    env: {
      PATH: `${server.programs}${delimiter}${process.env.PATH}`,
      DATABASE_URL: server.url('measurement'),
      BACKUP_TARGET: folder,
      BACKUP_PASSPHRASE: passphrase,
    },
  });
  console.log(`  ${name} ${((performance.now() - started) / 1_000).toFixed(1)} s`);
}
