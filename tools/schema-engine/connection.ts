import pg from 'pg';
import type { Target } from './target.ts';

/** How to connect to `database` on the target's server. */
export function clientConfig(target: Target, database: string): pg.ClientConfig {
  const address = new URL(target.url);
  address.pathname = `/${encodeURIComponent(database)}`;
  // Prisma's own parameters, which the driver would take for settings of its own or of the server.
  address.searchParams.delete('schema');
  address.searchParams.delete('connect_timeout');
  return {
    connectionString: address.href,
    connectionTimeoutMillis: target.connectTimeoutMs,
    application_name: 'prisma-schema-engine',
  };
}

/** Runs `work` on a connection of its own to `database`. */
export async function withClient<T>(
  target: Target,
  database: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client(clientConfig(target, database));
  // Losing the connection fails what runs on it; between statements there is nobody to tell.
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
