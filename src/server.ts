import cors from 'cors';
import express, { type Express, type RequestHandler } from 'express';
import type { Store } from 'express-rate-limit';
import type { Logger } from 'pino';
import type { Caches } from './cache/caches.ts';
import { createDatasetVersionReader } from './database/dataset-version.ts';
import type { ImportAccess } from './imports/import-slots.ts';
import { pollutants } from './measurements/pollutants.ts';
import type { ResolverContext } from './measurements/resolve-measurements.ts';
import { handlerSpan } from './observability/handler-span.ts';
import { requestLog } from './request-log.ts';
import { airQuality } from './rest/air-quality.ts';
import { apiDocs } from './rest/api-docs.ts';
import { identify, refuseUnknownKeys, requireScope } from './rest/authorization.ts';
import { live, type Readiness, ready } from './rest/health.ts';
import { home } from './rest/home.ts';
import { imports } from './rest/imports.ts';
import { latest } from './rest/latest.ts';
import { openApi } from './rest/openapi.ts';
import { postAirQuality } from './rest/post-air-quality.ts';
import { explainProblem, notFound, problemHandler } from './rest/problem.ts';
import { rateLimit } from './rest/rate-limit.ts';
import { requestMetrics } from './rest/request-metrics.ts';
import { smallRequestPriority } from './rest/small-request-priority.ts';
import { station, stations } from './rest/stations.ts';
import { dataSecurity, pageSecurity } from './security-headers.ts';

export interface ServerParts {
  readonly resolverContext: ResolverContext;
  readonly graphql: RequestHandler;
  readonly logger: Logger;
  readonly caches: Caches;
  readonly readiness: Readiness;
  readonly importAccess: ImportAccess;
  readonly access: {
    /** Reading needs a key too. */
    readonly requireApiKey: boolean;
    /** 0 = no limit. */
    readonly rateLimitPerMinute: number;
    /** Where requests are counted; in the memory of this process when absent. */
    readonly rateLimitStore: Store | undefined;
    readonly trustProxyHops: number;
    readonly corsOrigin: string;
  };
}

/** What scripts of other origins may read of an answer, besides its body. */
const exposedHeaders = ['Content-Disposition', 'ETag', 'Link', 'Retry-After', 'X-Request-Id'];

/** Every route and middleware of the gateway, in the order a request meets them. */
export function createServer(parts: ServerParts): Express {
  const { resolverContext, graphql, logger, caches, readiness, importAccess, access } = parts;
  const { database } = resolverContext;
  const readVersion = createDatasetVersionReader(database.pool);
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.set('query parser', 'simple');
  app.set('trust proxy', access.trustProxyHops);

  app.use(smallRequestPriority);
  app.use(requestMetrics);
  app.use(requestLog(logger));
  app.use(dataSecurity);
  app.use(cors({ origin: access.corsOrigin, exposedHeaders }));

  app.get('/health/live', live);
  app.get('/health/ready', ready(database, readiness));
  app.use(handlerSpan('express'));
  app.use(identify(database), rateLimit(access.rateLimitPerMinute, access.rateLimitStore), refuseUnknownKeys);
  app.post('/air_quality', requireScope('write'), postAirQuality(database.pool, importAccess.slots));
  const mayRead = access.requireApiKey ? [requireScope('read')] : [];
  app.get(
    '/air_quality{.:format}',
    ...mayRead,
    airQuality({ resolverContext, readVersion, cache: caches.restPages, open: !access.requireApiKey }),
  );
  app.get('/air_quality/latest{.:format}', ...mayRead, latest(resolverContext));
  app.get('/stations{.:format}', ...mayRead, stations(resolverContext));
  app.get('/stations/:id', ...mayRead, station(resolverContext));
  app.get('/pollutants', ...mayRead, (_request, response) => void response.json({ pollutants }));
  app.get('/imports', ...mayRead, imports(database));
  app.use('/graphql', ...mayRead, handlerSpan('graphql', 'graphql'), graphql);

  app.get('/', pageSecurity, home);
  app.get('/openapi.json', openApi());
  app.use('/docs', pageSecurity, apiDocs());
  app.get('/problems/:name', explainProblem);

  app.use(notFound);
  app.use(problemHandler);
  return app;
}
