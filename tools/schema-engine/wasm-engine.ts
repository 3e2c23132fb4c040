import { readFile } from 'node:fs/promises';
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg';

export type { SchemaEngine } from '@prisma/schema-engine-wasm/schema_engine_bg';

// Not in the ES library of TypeScript, and the DOM's would bring everything of a browser along.
declare const WebAssembly: {
  instantiate(
    module: Uint8Array,
    imports: Record<string, unknown>,
  ): Promise<{ instance: { exports: Record<string, unknown> } }>;
};

let panic: string | undefined;

/** Instantiates the WebAssembly module, once a process. Its own entry file leaves that to a bundler. */
export async function loadBindings(): Promise<typeof bindings> {
  const file = new URL(
    'schema_engine_bg.wasm',
    import.meta.resolve('@prisma/schema-engine-wasm/schema_engine_bg'),
  );
  // Called by the panic hook of the module; a panic would be a bare "unreachable" without it.
  Object.assign(globalThis, { PRISMA_WASM_PANIC_REGISTRY: { set_message: notePanic } });
  const { instance } = await WebAssembly.instantiate(await readFile(file), {
    './schema_engine_bg.js': bindings,
  });
  const { __wbg_set_wasm: setInstance } = bindings as unknown as { __wbg_set_wasm(exports: unknown): void };
  setInstance(instance.exports);
  (instance.exports.__wbindgen_start as () => void)();
  return bindings;
}

function notePanic(message: string): void {
  panic = message;
}

/** What the engine said when it panicked, if it did; none of its methods may be called after that. */
export function panicMessage(): string | undefined {
  return panic;
}
