#!/usr/bin/env node
// Prisma's schema engine as its CLI expects to find it, an executable, run from WebAssembly out of npm.
// Why and how: docs/adr/0002-schema-engine-from-npm.md.
import { parseArgs } from 'node:util';
import { administration } from './administration.ts';
import { Engine } from './engine.ts';
import { serve } from './json-rpc.ts';
import { logError } from './log.ts';
import { openTarget } from './target.ts';
import { loadBindings } from './wasm-engine.ts';

// The CLI takes whatever it finds on standard error for the engine's own JSON.
process.removeAllListeners('warning');

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    version: { type: 'boolean' },
    datamodels: { type: 'string', multiple: true, default: [] },
    datasource: { type: 'string', default: '{}' },
    // Nothing this project uses, and nothing the WebAssembly engine takes.
    'enabled-preview-features': { type: 'string' },
    'extension-types': { type: 'string' },
  },
});
const { url } = JSON.parse(options.datasource) as { url?: string };

if (options.version) console.log(`schema-engine-cli ${(await loadBindings()).version()}`);
else if (positionals[0] === 'cli') process.exitCode = await administer(positionals[1]);
else await serve(new Engine(url, options.datamodels));

async function administer(name = ''): Promise<0 | 1> {
  try {
    const task = administration[name];
    if (task === undefined) throw new Error(`There is no command "cli ${name}" in this schema engine.`);
    const target = await openTarget(url);
    try {
      await task(target);
    } finally {
      await target.close();
    }
    return 0;
  } catch (error) {
    logError(error);
    return 1;
  }
}
