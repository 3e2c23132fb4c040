import { PrismaPg } from '@prisma/adapter-pg';
import { ColumnTypeEnum, DriverAdapterError, type SqlDriverAdapter } from '@prisma/driver-adapter-utils';
import pg from 'pg';
import { clientConfig } from './connection.ts';
import type { Target } from './target.ts';

const charOid = 18;
const textOid = 25;

/** A script that the database refused. */
export interface ScriptFailure {
  readonly script: string;
  readonly error: pg.DatabaseError;
}

/**
 * Prisma's adapter for PostgreSQL on exactly one lasting connection, since the engine counts on one session for its
 * advisory lock and its search path; and made to do for the engine what it only does for the client.
 */
export class Session {
  readonly #pool: pg.Pool;
  readonly #schema: string | undefined;
  #backend: number | undefined;
  #charColumns: number[] = [];
  #scriptFailure: ScriptFailure | undefined;

  constructor(target: Target, database: string) {
    this.#schema = target.schema;
    this.#pool = new pg.Pool({
      ...clientConfig(target, database),
      max: 1,
      idleTimeoutMillis: 0,
      onConnect: (client) => this.#prepare(client as ServerClient),
    });
    // A connection lost while nothing runs on it surfaces in the next statement.
    this.#pool.on('error', () => {});
  }

  /** The server process of this session while it may be running something. */
  get backend(): number | undefined {
    return this.#backend;
  }

  /** The adapter; disposing of it ends the session and then runs `afterwards`. */
  async adapter(afterwards = async () => {}): Promise<SqlDriverAdapter> {
    const adapter = await new PrismaPg(
      this.#pool,
      this.#schema === undefined ? {} : { schema: this.#schema },
    ).connect();
    const queryRaw = adapter.queryRaw.bind(adapter);
    return Object.assign(adapter, {
      queryRaw: async (query: Parameters<typeof queryRaw>[0]) => {
        this.#charColumns = [];
        const result = await queryRaw(query);
        for (const column of this.#charColumns) result.columnTypes[column] = ColumnTypeEnum.Character;
        return result;
      },
      executeScript: (script: string) => this.#executeScript(script),
      dispose: async () => {
        await this.end();
        await afterwards();
      },
    });
  }

  /** The script that failed since this was last asked, if any. */
  takeScriptFailure(): ScriptFailure | undefined {
    const failure = this.#scriptFailure;
    this.#scriptFailure = undefined;
    return failure;
  }

  async end(): Promise<void> {
    await this.#pool.end();
    this.#backend = undefined;
  }

  async #prepare(client: ServerClient): Promise<void> {
    this.#backend = client.processID;
    client.connection.prependListener('rowDescription', ({ fields }: RowDescription) => {
      this.#charColumns = relabelCharAsText(fields);
    });
    // The engine makes the schema if need be, but leaves migrations, which name none, to the search path.
    if (this.#schema !== undefined) {
      await client.query(`SET search_path TO ${pg.escapeIdentifier(this.#schema)}`);
    }
  }

  /**
   * Prisma's adapter cuts a script at every semicolon, also at those in the body of a function. Sent whole it is
   * one implicit transaction, as in the native engine: a script that fails leaves nothing behind.
   */
  async #executeScript(script: string): Promise<void> {
    try {
      await this.#pool.query(script);
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) throw error;
      this.#scriptFailure = { script, error };
      throw new DriverAdapterError({
        kind: 'postgres',
        code: error.code ?? '',
        severity: error.severity ?? '',
        message: error.message,
        detail: error.detail,
        column: error.column,
        hint: error.hint,
      });
    }
  }
}

interface ServerClient extends pg.Client {
  readonly processID: number;
}

interface RowDescription {
  readonly fields: { dataTypeID: number }[];
}

/**
 * The one type that Prisma's adapter refuses is `"char"`, of which the system catalogues are full. It arrives as
 * text, so it passes as text until the engine, which insists on single characters, gets the result.
 */
function relabelCharAsText(fields: RowDescription['fields']): number[] {
  const columns = [];
  for (const [index, field] of fields.entries()) {
    if (field.dataTypeID !== charOid) continue;
    field.dataTypeID = textOid;
    columns.push(index);
  }
  return columns;
}
