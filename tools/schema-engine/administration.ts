import pg from 'pg';
import { withClient } from './connection.ts';
import { connectionError, type KnownError } from './known-error.ts';
import type { Target } from './target.ts';

/** What the CLI asks for before it starts an engine: `schema-engine --datasource JSON cli NAME`. */
export const administration: Readonly<Record<string, (target: Target) => Promise<void>>> = {
  'can-connect-to-database': canConnect,
  'create-database': createDatabase,
  'drop-database': (target) => administer(target, `DROP DATABASE ${pg.escapeIdentifier(target.database)}`),
};

/** @throws KnownError when the target cannot be connected to. */
export async function canConnect(target: Target): Promise<void> {
  await inKnownErrors(target, () => withClient(target, target.database, async () => {}));
}

async function createDatabase(target: Target): Promise<void> {
  try {
    await administer(target, `CREATE DATABASE ${pg.escapeIdentifier(target.database)}`);
  } catch (error) {
    // Another deployment that starts at the same time was faster.
    if ((error as KnownError).code !== 'P1009') throw error;
  }
}

/** Runs a statement about the target from outside it. `postgres` may be missing on hosted servers. */
async function administer(target: Target, statement: string): Promise<void> {
  await inKnownErrors(target, async () => {
    try {
      await withClient(target, 'postgres', (client) => client.query(statement));
    } catch (error) {
      if ((error as { code?: string }).code !== '3D000') throw error;
      await withClient(target, 'template1', (client) => client.query(statement));
    }
  });
}

async function inKnownErrors(target: Target, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw connectionError(error, target);
  }
}
