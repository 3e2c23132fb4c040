import pg from 'pg';

export interface PoolOptions {
  readonly url: string;
  readonly size: number;
  readonly connectTimeoutMs: number;
  /** How long one statement may take, where its session says nothing else; absent or 0 = any time. */
  readonly statementTimeoutMs?: number;
}

/**
 * The one pool that Prisma, pages and COPY exports share. Sessions run in UTC, so that no rendering depends on
 * the server's time zone; a `schema` in the URL (Prisma's convention) becomes the search path.
 */
export function createPool({ url, size, connectTimeoutMs, statementTimeoutMs = 0 }: PoolOptions): pg.Pool {
  const schema = schemaOf(url);
  const address = new URL(url);
  address.searchParams.delete('schema');
  const sessionSettings = [
    '-c timezone=UTC',
    schema === undefined ? '' : `-c search_path="${schema}"`,
    statementTimeoutMs === 0 ? '' : `-c statement_timeout=${statementTimeoutMs}`,
  ];
  const pool = new pg.Pool({
    connectionString: address.href,
    max: size,
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    application_name: 'measurement-app',
    options: sessionSettings.filter(Boolean).join(' '),
  });
  // An idle connection that the server closes must not end the process; the pool replaces it.
  pool.on('error', () => {});
  return pool;
}

/** The `schema` a database URL names in Prisma's way (`?schema=air`), if any. */
export function schemaOf(url: string): string | undefined {
  return new URL(url).searchParams.get('schema') ?? undefined;
}
