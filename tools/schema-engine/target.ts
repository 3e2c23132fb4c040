import pg from 'pg';
import { EMBEDDED_DATABASE_URL } from './embedded-url.ts';
import { KnownError } from './known-error.ts';

/** The database the engine works on. */
export interface Target {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  /** The schema the URL names in Prisma's way (`?schema=air`), if any. */
  readonly schema: string | undefined;
  readonly connectTimeoutMs: number;
  /** Lets go of the embedded server, when it is the target. */
  close(): Promise<void>;
}

/** The target that a datasource of Prisma's names; starts the embedded server (or joins it) when it is meant. */
export async function openTarget(datasourceUrl: string | undefined): Promise<Target> {
  if (!datasourceUrl) {
    throw new KnownError('P1013', 'The provided database string is invalid. It is empty: set DATABASE_URL.');
  }
  if (datasourceUrl !== EMBEDDED_DATABASE_URL) return describe(datasourceUrl, async () => {});
  const server = await startConfiguredEmbeddedServer();
  return describe(server.url, () => server.stop());
}

function describe(url: string, close: () => Promise<void>): Target {
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) {
    throw new KnownError('P1013', 'The provided database string is invalid. It must be a postgresql:// URL.');
  }
  const parameters = new URL(url).searchParams;
  // Knows what the driver makes of the URL, its defaults and the PG… variables of the environment.
  const client = new pg.Client(url);
  return {
    url,
    host: client.host,
    port: client.port,
    user: client.user ?? '',
    database: client.database ?? '',
    schema: parameters.get('schema') ?? undefined,
    connectTimeoutMs: Number(parameters.get('connect_timeout') ?? 5) * 1000,
    close,
  };
}

async function startConfiguredEmbeddedServer() {
  // Only an unconfigured database needs them, and they take longer to load than the rest of a short command.
  const [{ loadConfig }, { startEmbeddedServer }] = await Promise.all([
    import('../../src/config.ts'),
    import('../../src/database/embedded-server.ts'),
  ]);
  try {
    return await startEmbeddedServer({ directory: loadConfig().dataDirectory });
  } catch (error) {
    throw new KnownError('P1013', (error as Error).message);
  }
}
