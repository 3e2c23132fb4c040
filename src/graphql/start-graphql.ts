import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { createDatasetVersionReader } from '../database/dataset-version.ts';
import type { GraphQLServices } from './context.ts';
import { graphqlEndpoint } from './endpoint.ts';
import { eventStream } from './event-stream.ts';
import { createExecutableSchema } from './executable-schema.ts';
import { explorer } from './explorer.ts';
import { createFormatError } from './format-error.ts';
import { createGraphQLServer } from './graphql-server.ts';
import { createResponseCache } from './response-cache.ts';
import { readTrustedDocuments } from './trusted-documents.ts';

/** GraphQL, ready to be mounted at `/graphql`. */
export interface GraphQL {
  readonly endpoint: RequestHandler;
  endSubscriptions(): void;
  stop(): Promise<void>;
}

/** Puts the parts of GraphQL together. */
export async function startGraphQL(
  { production, graphql: settings }: Pick<Config, 'production' | 'graphql'>,
  services: GraphQLServices,
  logger: Logger,
): Promise<GraphQL> {
  const { limits, introspection, subscriptionsMax } = settings;
  const { caches, database } = services;
  const schema = createExecutableSchema();
  const trustedDocuments =
    settings.trustedDocuments === undefined ? undefined : readTrustedDocuments(settings.trustedDocuments);
  const server = createGraphQLServer({
    schema,
    logger,
    production,
    introspection,
    limits,
    persistedQueries: caches.persistedQueries,
  });
  await server.start();
  const formatError = createFormatError(logger);
  const stream = eventStream({ schema, services, limits, subscriptionsMax, trustedDocuments, formatError });
  const endpoint = graphqlEndpoint({
    server,
    services,
    limits,
    bodyBytesMax: settings.bodyBytesMax,
    responseCache: createResponseCache(caches.graphqlResponses, createDatasetVersionReader(database.pool)),
    trustedDocuments,
    eventStream: stream.handler,
    explorer: settings.explorer ? explorer() : undefined,
  });
  return { endpoint, endSubscriptions: () => stream.endAll(), stop: () => server.stop() };
}
