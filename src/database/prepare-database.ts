import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { seedDatabase } from '../imports/seed-database.ts';
import type { Database } from './database.ts';
import { hasTable } from './migrate.ts';

/**
 * Makes the embedded database useful: seeds it when it holds no station. A configured database is its operator's to
 * migrate and to seed; this only says what to run when it is not ready.
 * @throws Error with the command to run.
 */
export async function prepareDatabase(database: Database, config: Config, logger: Logger): Promise<void> {
  if (!database.embedded) {
    if (await hasTable(database.pool, 'dataset')) return;
    throw new Error(
      'The database has no tables of the gateway. Run `npx prisma migrate deploy`, then `npx prisma db seed`.',
    );
  }
  if ((await database.prisma.station.count()) > 0) return;
  logger.info('the database is empty: seeding it');
  const { source, inserted } = await seedDatabase(database, { urlMeasurements: config.urlMeasurements });
  logger.info(`seeded with ${inserted} measurements from ${source}`);
}
