import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { resolvers } from './resolvers.ts';

export const schemaFile = resolve(import.meta.dirname, 'schema.graphql');

/** The schema with its resolvers. */
export function createExecutableSchema() {
  return makeExecutableSchema({ typeDefs: readFileSync(schemaFile, 'utf8'), resolvers });
}
