import { randomUUID } from 'node:crypto';
import type { SqlDriverAdapter, SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import pg from 'pg';
import { withClient } from './connection.ts';
import { type KnownError, shadowDatabaseError } from './known-error.ts';
import { migrationError } from './migration-error.ts';
import { Session } from './session.ts';
import type { Target } from './target.ts';

/** Gives the engine its sessions: on the target, and on throw-away shadow databases beside it. */
export class AdapterFactory implements SqlMigrationAwareDriverAdapterFactory {
  readonly provider = 'postgres';
  readonly adapterName = '@prisma/adapter-pg';
  readonly #target: Target;
  readonly #sessions = new Set<Session>();
  readonly #shadowDatabases = new Set<string>();
  #main: Session | undefined;
  #creation: Promise<void> | undefined;
  #shadowError: KnownError | undefined;

  constructor(target: Target) {
    this.#target = target;
  }

  async connect(): Promise<SqlDriverAdapter> {
    this.#main = this.#open(this.#target.database);
    return await this.#main.adapter();
  }

  async connectToShadowDb(): Promise<SqlDriverAdapter> {
    const database = `prisma_migrate_shadow_db_${randomUUID()}`;
    this.#creation = this.#onTarget(`CREATE DATABASE ${pg.escapeIdentifier(database)}`);
    try {
      await this.#creation;
      this.#shadowDatabases.add(database);
    } catch (error) {
      this.#shadowError = shadowDatabaseError(error as Error);
      throw error;
    }
    const session = this.#open(database);
    return await session.adapter(async () => {
      this.#sessions.delete(session);
      await this.#dropShadowDatabase(database);
    });
  }

  /** What to tell of a request that failed: of some causes the engine only knows that there was one. */
  explain(engineError: Error): Error {
    const shadowError = this.#shadowError;
    this.#shadowError = undefined;
    const scriptFailure = this.#main?.takeScriptFailure();
    if (scriptFailure !== undefined) return migrationError(engineError, scriptFailure);
    return shadowError ?? engineError;
  }

  /**
   * Stops what still runs, ends every session and drops the shadow databases that are left. Ending a connection
   * alone would not do: the server goes on with a statement, and commits it, with nobody there to record it.
   */
  async close(): Promise<void> {
    await this.#creation?.catch(() => {});
    const backends = [...this.#sessions].flatMap(({ backend }) => backend ?? []);
    if (backends.length > 0) {
      await this.#onTarget(
        `SELECT pg_terminate_backend(pid) FROM unnest('{${backends}}'::int[]) AS pid`,
      ).catch(() => {});
    }
    await Promise.all([...this.#sessions].map((session) => session.end().catch(() => {})));
    for (const database of this.#shadowDatabases) await this.#dropShadowDatabase(database).catch(() => {});
  }

  #open(database: string): Session {
    const session = new Session(this.#target, database);
    this.#sessions.add(session);
    return session;
  }

  async #dropShadowDatabase(database: string): Promise<void> {
    await this.#onTarget(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(database)} WITH (FORCE)`);
    this.#shadowDatabases.delete(database);
  }

  async #onTarget(statement: string): Promise<void> {
    await withClient(this.#target, this.#target.database, (client) => client.query(statement));
  }
}
