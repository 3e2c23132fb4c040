import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { seedDatabase } from '../imports/seed-database.ts';
import type { Database } from './database.ts';

/**
 * Makes a database that belongs to this checkout usable: migrates it, seeds it when it holds no station. A configured
 * database is its operator's to migrate and to seed; this only says what to run when it is not ready.
 * @throws Error with the command to run.
 */
export async function prepareDatabase(database: Database, config: Config, logger: Logger): Promise<void> {
  if (database.embedded) {
    await migrate(database.url, logger);
    if ((await database.prisma.station.count()) === 0) {
      logger.info('the database is empty: seeding it');
      await seedDatabase(database, { urlMeasurements: config.urlMeasurements });
    }
    return;
  }
  const { rows } = await database.pool.query(`select to_regclass('dataset') is not null as migrated`);
  if (!rows[0]?.migrated) {
    throw new Error(
      'The database has no tables of the gateway. Run `npx prisma migrate deploy`, then `npx prisma db seed`.',
    );
  }
}

async function migrate(url: string, logger: Logger): Promise<void> {
  const prisma = resolve(import.meta.dirname, '../../node_modules/prisma/build/index.js');
  const child = spawn(process.execPath, [prisma, 'migrate', 'deploy'], {
    cwd: resolve(import.meta.dirname, '../..'),
    env: { ...process.env, DATABASE_URL: url },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`prisma migrate deploy failed:\n${output}`);
  logger.debug(output);
}
