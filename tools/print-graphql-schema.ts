#!/usr/bin/env node
/**
 * Writes docs/schema.graphql, the schema as clients see it, and names what changes for them. A breaking change is refused
 * unless `--accept-breaking` is given. `--check` writes nothing and fails when the file is not what the gateway serves.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  buildSchema,
  findBreakingChanges,
  findDangerousChanges,
  lexicographicSortSchema,
  printSchema,
} from 'graphql';

const file = resolve(import.meta.dirname, '../docs/schema.graphql');
const source = readFileSync(resolve(import.meta.dirname, '../src/graphql/schema.graphql'), 'utf8');
const schema = lexicographicSortSchema(buildSchema(source));
const printed = `${printSchema(schema)}\n`;
const accepted = existsSync(file) ? readFileSync(file, 'utf8') : printed;

const [check, acceptBreaking] = ['--check', '--accept-breaking'].map((option) =>
  process.argv.includes(option),
);
const before = buildSchema(accepted);
const breaking = findBreakingChanges(before, schema);
for (const { type, description } of breaking) console.error(`breaking: ${description} (${type})`);
for (const { type, description } of findDangerousChanges(before, schema)) {
  console.error(`dangerous: ${description} (${type})`);
}

if (breaking.length > 0 && !acceptBreaking) {
  console.error(
    'Clients would break. If that is meant: node tools/print-graphql-schema.ts --accept-breaking',
  );
  process.exit(1);
}
if (!check) writeFileSync(file, printed);
else if (accepted !== printed) {
  console.error('docs/schema.graphql is not what the gateway serves: run `npm run graphql:schema`.');
  process.exit(1);
}
