import { readFile } from 'node:fs/promises';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import { AdapterFactory } from './adapter-factory.ts';
import { canConnect } from './administration.ts';
import { openTarget, type Target } from './target.ts';
import { loadBindings, type SchemaEngine } from './wasm-engine.ts';

type Params = Record<string, unknown>;
type Methods = Record<string, ((params: Params) => Promise<unknown>) | undefined>;

/** One engine and its connections for the life of the process; the first request starts it. */
export class Engine {
  readonly #datasourceUrl: string | undefined;
  readonly #datamodels: readonly string[];
  #target: Target | undefined;
  #adapters: AdapterFactory | undefined;
  #wasm: SchemaEngine | undefined;
  #closing: Promise<void> | undefined;

  constructor(datasourceUrl: string | undefined, datamodels: readonly string[]) {
    this.#datasourceUrl = datasourceUrl;
    this.#datamodels = datamodels;
  }

  /** Runs a method of the engine by the name the protocol gives it. */
  async call(name: string, params: Params): Promise<unknown> {
    this.#wasm ??= await this.#start();
    const method = name === 'getDatabaseVersion' ? 'version' : name;
    try {
      if (method === 'evaluateDataLoss' || method === 'createMigration') await this.#rememberHistory(params);
      return await this.#invoke(method, params);
    } catch (error) {
      throw this.#adapters?.explain(error as Error) ?? error;
    }
  }

  /** Interrupts what runs and leaves nothing behind. Safe to call twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#adapters?.close();
    await this.#target?.close();
  }

  async #start(): Promise<SchemaEngine> {
    this.#target ??= await openTarget(this.#datasourceUrl);
    // Its errors say what to look after; those of an engine that finds no database do not.
    await canConnect(this.#target);
    this.#adapters ??= new AdapterFactory(this.#target);
    const [{ SchemaEngine }, datamodels] = await Promise.all([
      loadBindings(),
      Promise.all(
        this.#datamodels.map(async (file): Promise<[string, string]> => [file, await readFile(file, 'utf8')]),
      ),
    ]);
    return await SchemaEngine.new(
      { datamodels: datamodels.length > 0 ? datamodels : undefined },
      () => {},
      bindMigrationAwareSqlAdapterFactory(this.#adapters),
    );
  }

  /**
   * The engine asks for no shadow database when it compares the history with the schema, but remembers what the
   * history amounts to from the last time it had one. So it is given one just before.
   */
  async #rememberHistory({ migrationsList, filters }: Params): Promise<void> {
    await this.#invoke('diagnoseMigrationHistory', { migrationsList, filters, optInToShadowDatabase: true });
  }

  async #invoke(name: string, params: Params): Promise<unknown> {
    const methods = this.#wasm as unknown as Methods;
    if (typeof methods[name] !== 'function') throw new Error(`The schema engine has no method "${name}".`);
    return await methods[name](params);
  }
}
