import type { ApolloServer } from '@apollo/server';
import { expressMiddleware } from '@as-integrations/express5';
import express, { type Express } from 'express';
import helmet from 'helmet';
import type { Logger } from 'pino';
import { createGraphQLContext, type GraphQLContext } from './graphql/context.ts';
import { pollutants } from './measurements/pollutants.ts';
import type { ResolverContext } from './measurements/resolve-measurements.ts';
import { airQuality } from './rest/air-quality.ts';
import { live, type Readiness, ready } from './rest/health.ts';
import { home } from './rest/home.ts';
import { latest } from './rest/latest.ts';
import { explainProblem, notFound, problemHandler } from './rest/problem.ts';
import { requestLog } from './rest/request-log.ts';
import { station, stations } from './rest/stations.ts';

export interface ServerParts {
  readonly resolverContext: ResolverContext;
  readonly graphql: ApolloServer<GraphQLContext>;
  readonly logger: Logger;
  readonly readiness: Readiness;
}

/** Every route and middleware of the gateway, in the order a request meets them. */
export function createServer({ resolverContext, graphql, logger, readiness }: ServerParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.set('query parser', 'simple');

  app.use(requestLog(logger));
  app.use(helmet());

  app.get('/health/live', live);
  app.get('/health/ready', ready(resolverContext.database, readiness));
  app.get('/', home);
  app.get('/air_quality/latest{.:format}', latest(resolverContext));
  app.get('/air_quality{.:format}', airQuality(resolverContext));
  app.get('/stations{.:format}', stations(resolverContext));
  app.get('/stations/:id', station(resolverContext));
  app.get('/pollutants', (_request, response) => void response.json({ pollutants }));
  app.get('/problems/:name', explainProblem);
  app.use(
    '/graphql',
    express.json({ limit: '100kb' }),
    expressMiddleware(graphql, { context: async () => createGraphQLContext(resolverContext) }),
  );

  app.use(notFound);
  app.use(problemHandler);
  return app;
}
