/** `npm run bench [-- name …]`: runs the benchmarks of this folder, one after the other, and writes RESULTS.md. */
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { program } from './programs.ts';

const available = ['export', 'graphql', 'import', 'observability'].filter((name) =>
  readdirSync(import.meta.dirname).includes(`${name}.ts`),
);
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !available.includes(name));
if (unknown.length > 0) {
  console.error(`No benchmark ${unknown.join(', ')}. There are: ${available.join(', ')}.`);
  process.exit(2);
}
for (const name of asked.length === 0 ? available : asked) {
  // Each in a process of its own: what one leaves in memory must not weigh on the next.
  console.log(await program(process.execPath, [resolve(import.meta.dirname, `${name}.ts`)]));
}
