import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import type { Logger } from 'pino';
import type { GraphQLContext } from './context.ts';
import { createFormatError } from './format-error.ts';
import { operationTelemetry } from './operation-telemetry.ts';
import { resolvers } from './resolvers.ts';

const typeDefs = readFileSync(resolve(import.meta.dirname, 'schema.graphql'), 'utf8');

/** Apollo Server over the schema; start it before mounting, stop it when draining. */
export function createGraphQLServer(options: {
  readonly logger: Logger;
  readonly production: boolean;
}): ApolloServer<GraphQLContext> {
  return new ApolloServer<GraphQLContext>({
    typeDefs,
    resolvers,
    introspection: !options.production,
    includeStacktraceInErrorResponses: false,
    hideSchemaDetailsFromClientErrors: options.production,
    csrfPrevention: true,
    formatError: createFormatError(options.logger),
    logger: options.logger,
    // The gateway owns the signals: it drains HTTP first (main.ts).
    stopOnTerminationSignals: false,
    plugins: [ApolloServerPluginLandingPageDisabled(), operationTelemetry()],
  });
}
