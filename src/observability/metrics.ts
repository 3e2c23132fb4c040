import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import type { Database } from '../database/database.ts';
import { observePool } from '../database/pool-metrics.ts';
import type { Resource } from '../shutdown.ts';
import { observeDataset } from './dataset-metrics.ts';
import { installedReader } from './meter-provider.ts';
import { serveMetrics } from './metrics-endpoint.ts';
import { observeProcess } from './process-metrics.ts';

/** Starts what has to be looked at to be measured, and the endpoint that Prometheus fetches. */
export async function startMetrics(
  { host, metricsPort }: Pick<Config, 'host' | 'metricsPort'>,
  { pool, replicaPool }: Pick<Database, 'pool' | 'replicaPool'>,
  logger: Logger,
): Promise<Resource[]> {
  const reader = installedReader();
  if (reader === undefined) {
    logger.warn('no metrics: start with `node --import ./src/telemetry.ts`, or set METRICS_PORT=0');
    return [];
  }
  observeProcess();
  observePool(pool, 'primary');
  if (replicaPool !== undefined) observePool(replicaPool, 'replica');
  await observeDataset(pool);
  try {
    return [await serveMetrics(reader, host, metricsPort)];
  } catch (error) {
    // Better an API that Prometheus reports as not scraped than none.
    logger.error({ err: error }, `no metrics: port ${metricsPort} (METRICS_PORT) cannot be listened on`);
    return [];
  }
}
