import type pg from 'pg';
import type { Config } from '../config.ts';
import { startEmbeddedServer } from './embedded-server.ts';
import { chooseExportPool } from './export-pool.ts';
import { migrate } from './migrate.ts';
import { createPool, schemaOf } from './pool.ts';
import { createPrismaClient, type PrismaClient } from './prisma-client.ts';

/** The opened database: Prisma for ordinary reads and writes, the pool for what Prisma cannot say. */
export interface Database {
  readonly url: string;
  /** The database runs in DATA_DIRECTORY and belongs to this checkout. */
  readonly embedded: boolean;
  readonly pool: pg.Pool;
  readonly prisma: PrismaClient;
  /** Of DATABASE_REPLICA_URL. */
  readonly replicaPool: pg.Pool | undefined;
  /** The pool that an export should read from now. */
  exportPool(): Promise<pg.Pool>;
  close(): Promise<void>;
}

/** Opens the configured database, or starts the embedded one, up to date, when none is configured. */
export async function openDatabase(
  config: Pick<
    Config,
    | 'databaseUrl'
    | 'databaseReplicaUrl'
    | 'databasePoolSize'
    | 'databaseConnectTimeoutMs'
    | 'databaseStatementTimeoutMs'
    | 'dataDirectory'
  >,
  onEmbeddedLog?: (line: string) => void,
): Promise<Database> {
  const embedded =
    config.databaseUrl === undefined
      ? await startEmbeddedServer({
          directory: config.dataDirectory,
          ...(onEmbeddedLog && { onLog: onEmbeddedLog }),
        })
      : undefined;
  const url = config.databaseUrl ?? embedded?.url ?? '';
  const open = (address: string) =>
    createPool({
      url: address,
      size: config.databasePoolSize,
      connectTimeoutMs: config.databaseConnectTimeoutMs,
      statementTimeoutMs: config.databaseStatementTimeoutMs,
    });
  const pool = open(url);
  const replica = config.databaseReplicaUrl === undefined ? undefined : open(config.databaseReplicaUrl);
  if (embedded !== undefined) {
    try {
      await migrate(pool, url);
    } catch (error) {
      await pool.end();
      await embedded.stop();
      throw error;
    }
  }
  const prisma = createPrismaClient(pool, schemaOf(url));
  return {
    url,
    embedded: embedded !== undefined,
    pool,
    prisma,
    replicaPool: replica,
    exportPool: () => chooseExportPool(pool, replica),
    async close() {
      await prisma.$disconnect();
      await Promise.all([pool.end(), replica?.end()]);
      await embedded?.stop();
    },
  };
}
