import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';

/** Where the parts of one embedded server lie. */
export interface ServerPaths {
  /** Also holds the lock and the holders. */
  directory: string;
  data: string;
  password: string;
  log: string;
  /** The same for one directory as long as it stays where it is. */
  clusterName: string;
}

/** The directory must exist. Its path is the one without links, as PostgreSQL has it in postmaster.pid. */
export async function serverPaths(directory: string): Promise<ServerPaths> {
  const real = await realpath(directory);
  // pg_ctl starts the server through a shell and puts the paths between double quotes.
  if (process.platform !== 'win32' && /["$`\\\n]/.test(real)) {
    throw new Error(
      `The embedded database cannot live in ${real}: its path holds one of " $ \` \\. Use another directory, or ` +
        'set DATABASE_URL to a PostgreSQL server of your own.',
    );
  }
  return {
    directory: real,
    data: join(real, 'postgres'),
    password: join(real, 'postgres.password'),
    log: join(real, 'postgres.log'),
    clusterName: `measurement-${createHash('sha256').update(real).digest('hex').slice(0, 12)}`,
  };
}
