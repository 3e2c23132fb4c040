import { ApolloServer, type ApolloServerOptionsWithGateway } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import type { GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import type { Cache } from '../cache/cache.ts';
import { createCompiledExecutor } from './compiled-executor.ts';
import type { GraphQLContext } from './context.ts';
import { createFormatError } from './format-error.ts';
import { limitRules } from './limits/limit-rules.ts';
import type { OperationLimits } from './limits/limits.ts';
import { limitsPlugin } from './limits/limits-plugin.ts';
import { markAnswers } from './mark-answers.ts';
import { operationTelemetry } from './operation-telemetry.ts';

export interface GraphQLServerOptions {
  readonly schema: GraphQLSchema;
  readonly logger: Logger;
  readonly production: boolean;
  readonly introspection: boolean;
  readonly limits: OperationLimits;
  readonly persistedQueries: Cache;
}

/** Apollo Server over the schema; start it before the first request, stop it when draining. */
export function createGraphQLServer(options: GraphQLServerOptions): ApolloServer<GraphQLContext> {
  const { schema, logger, limits, persistedQueries } = options;
  return new ApolloServer<GraphQLContext>({
    gateway: compiledGateway(schema),
    introspection: options.introspection,
    includeStacktraceInErrorResponses: false,
    hideSchemaDetailsFromClientErrors: options.production,
    // A page of another origin can make a browser send a "simple" request with the user's cookies or from within their
    // network; a header that browsers do not send by themselves shows that it was not one.
    csrfPrevention: true,
    // One request, one operation: a batch would have the limits of one and the cost of many.
    allowBatchedHttpRequests: false,
    validationRules: limitRules(limits),
    parseOptions: { maxTokens: limits.tokensMax },
    persistedQueries: {
      ttl: null,
      cache: {
        get: (key) => persistedQueries.get(key),
        set: (key, value) => persistedQueries.set(key, value),
        delete: (key) => persistedQueries.delete(key),
      },
    },
    formatError: createFormatError(logger),
    logger,
    // The gateway owns the signals: it drains HTTP first (main.ts).
    stopOnTerminationSignals: false,
    plugins: [
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginCacheControlDisabled(),
      limitsPlugin(limits),
      markAnswers(),
      operationTelemetry(),
    ],
  });
}

/** Apollo Server lets a "gateway" bring its own executor; this one is the compiled one over our own schema. */
function compiledGateway(schema: GraphQLSchema): ApolloServerOptionsWithGateway<GraphQLContext>['gateway'] {
  const executor = createCompiledExecutor(schema);
  return {
    onSchemaLoadOrUpdate(callback) {
      callback({ apiSchema: schema, coreSupergraphSdl: '' });
      return () => {};
    },
    load: async () => ({ executor: executor as never }),
    stop: async () => {},
  };
}
