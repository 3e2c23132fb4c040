import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { openCaches } from './cache/caches.ts';
import { clearWhenTold } from './cache/clear-caches.ts';
import type { Config } from './config.ts';
import { openDatabase } from './database/database.ts';
import { openNotifications } from './database/notifications.ts';
import { prepareDatabase } from './database/prepare-database.ts';
import { startGraphQL } from './graphql/start-graphql.ts';
import { createImportSlots } from './imports/import-slots.ts';
import type { ExportLimits } from './measurements/export.ts';
import { createExportSlots } from './measurements/export-slots.ts';
import { runningTelemetry } from './observability/running-telemetry.ts';
import type { Readiness } from './rest/health.ts';
import { createRedisRateLimitStore } from './rest/rate-limit-store.ts';
import { createServer } from './server.ts';
import type { Resource } from './shutdown.ts';

/**
 * Starts the parts of the gateway in order and pushes each onto `resources` once it runs, so that a start that fails
 * half way can be undone.
 * @returns the address it answers at.
 */
export async function startGateway(config: Config, logger: Logger, resources: Resource[]): Promise<string> {
  resources.push(...runningTelemetry.resources);
  const database = await openDatabase(config, (line) => logger.info(line));
  resources.push({ name: 'database', close: () => database.close() });
  await prepareDatabase(database, config, logger);

  if (config.metricsPort !== 0) {
    const { startMetrics } = await import('./observability/metrics.ts');
    resources.push(...(await startMetrics(config, database, logger)));
  }

  const rateLimitStore =
    config.redisUrl === undefined || config.rateLimitPerMinute === 0
      ? undefined
      : createRedisRateLimitStore(config.redisUrl);
  if (rateLimitStore !== undefined) {
    resources.push({ name: 'rate limits', close: async () => rateLimitStore.close() });
  }
  const caches = openCaches(config, logger);
  resources.push({ name: 'caches', close: () => caches.close() });

  const notifications = await openNotifications(database.pool, logger);
  resources.push({ name: 'notifications', close: () => notifications.close() });
  clearWhenTold(caches, notifications);

  const resolverContext = { database, limits: exportLimits(config) };
  const importAccess = {
    slots: createImportSlots(config.importsAtOnceMax),
    urlPrefixes: config.importUrlPrefixes,
  };
  const graphql = await startGraphQL(
    config,
    { ...resolverContext, importAccess, caches, notifications },
    logger,
  );
  resources.push({ name: 'graphql', close: () => graphql.stop() });

  const readiness: Readiness = { accepting: true };
  const app = createServer({
    resolverContext,
    graphql: graphql.endpoint,
    logger,
    caches,
    readiness,
    importAccess,
    access: {
      requireApiKey: config.requireApiKey,
      rateLimitPerMinute: config.rateLimitPerMinute,
      rateLimitStore,
      trustProxyHops: config.trustProxyHops,
      corsOrigin: config.corsOrigin,
    },
  });
  const server = createHttpServer(app);
  runningTelemetry.traceRequests?.(server);
  // An upload of any size may take longer than the five minutes that Node allows by default.
  server.requestTimeout = 3_600_000;
  // Longer than the idle time of the usual load balancers (60 s), or they meet connections that just closed.
  server.keepAliveTimeout = 72_000;
  server.listen(config.port, config.host);
  await once(server, 'listening');
  resources.push({
    name: 'http',
    close: async () => {
      readiness.accepting = false;
      const closed = once(server, 'close');
      server.close();
      // Connections kept alive become idle one by one, as their last request is answered.
      const closing = setInterval(() => server.closeIdleConnections(), 50);
      await closed;
      clearInterval(closing);
    },
    cut: () => server.closeAllConnections(),
  });
  // They would last as long as their readers want.
  resources.push({ name: 'subscriptions', close: async () => graphql.endSubscriptions() });
  return `http://localhost:${(server.address() as AddressInfo).port}`;
}

function exportLimits(config: Config): ExportLimits {
  return {
    slots: createExportSlots(config.exportsAtOnceMax, config.exportsWaitingMax),
    pageSizeMax: config.pageSizeMax,
    rowsMax: config.exportRowsMax,
    statementTimeoutMs: config.exportStatementTimeoutMs,
    idleTimeoutMs: config.exportIdleTimeoutMs,
  };
}
