import { metrics } from '@opentelemetry/api';
import type pg from 'pg';

type ConnectCallback = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  done: (release?: boolean | Error) => void,
) => void;

/**
 * Reports a pool by the semantic conventions `db.client.connection.*`: connections by state, who waits and how long.
 * @param poolName what tells it from the other pools of the process
 */
export function observePool(pool: pg.Pool, poolName: string): void {
  const meter = metrics.getMeter('measurement-app/pool');
  const name = { 'db.client.connection.pool.name': poolName };
  meter
    .createObservableGauge('db.client.connection.count', {
      unit: '{connection}',
      description: 'Connections by state',
    })
    .addCallback((result) => {
      const { idleCount, totalCount } = pool;
      result.observe(idleCount, { ...name, 'db.client.connection.state': 'idle' });
      result.observe(totalCount - idleCount, { ...name, 'db.client.connection.state': 'used' });
    });
  meter
    .createObservableGauge('db.client.connection.max', {
      unit: '{connection}',
      description: 'Connections at most',
    })
    .addCallback((result) => result.observe(pool.options.max ?? 0, name));
  meter
    .createObservableGauge('db.client.connection.pending_requests', {
      unit: '{request}',
      description: 'Queries waiting for a connection',
    })
    .addCallback((result) => result.observe(pool.waitingCount, name));
  // On every query, so without attributes, which the SDK would turn into text each time.
  const waits = meter.createHistogram('db.client.connection.wait_time', {
    unit: 's',
    description: 'Time to obtain a connection',
    advice: { explicitBucketBoundaries: [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10] },
  });
  const timeouts = meter.createCounter('db.client.connection.timeouts', {
    unit: '{timeout}',
    description: 'Queries that got no connection in time',
  });
  timeouts.add(0, name);

  const connect = pool.connect.bind(pool) as (callback: ConnectCallback) => void;
  const timed = (callback: ConnectCallback): void => {
    const started = performance.now();
    connect((error, client, done) => {
      if (error === undefined) waits.record((performance.now() - started) / 1_000);
      else if (error.message.includes('timeout exceeded when trying to connect')) timeouts.add(1, name);
      callback(error, client, done);
    });
  };
  // pg.Pool's own `query` calls `connect` with a callback, everything else for the promise.
  pool.connect = ((callback?: ConnectCallback) => {
    if (callback !== undefined) return timed(callback);
    return new Promise<pg.PoolClient>((resolve, reject) => {
      timed((error, client) => (client === undefined ? reject(error) : resolve(client)));
    });
  }) as pg.Pool['connect'];
}
