import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type pg from 'pg';
import { createPool } from '../../src/database/pool.ts';
import { createTestDatabase, type TestDatabase } from '../fixtures/database.ts';
import { startTestGateway, type TestGateway } from '../fixtures/gateway.ts';
import { insertMeasurements } from '../fixtures/measurements.ts';

// A real replica cannot run beside the tests' one server. A second database stands for it: what it holds differs, so that
// an answer shows where it was read.
describe('a replica', () => {
  let replica: TestDatabase;
  let replicaPool: pg.Pool;
  let gateway: TestGateway;

  before(async () => {
    replica = await createTestDatabase();
    replicaPool = createPool({ url: replica.url, size: 1, connectTimeoutMs: 5_000 });
    await insertMeasurements(replicaPool, 10);
    await replicaPool.query('update environment_airq_measurand set so2 = 77 where true');
    gateway = await startTestGateway({ DATABASE_REPLICA_URL: replica.url });
    await insertMeasurements(gateway.pool, 10);
  });
  after(async () => {
    await gateway.close();
    await replicaPool.end();
    await replica.drop();
  });

  const replay = async (lag: number) => {
    const { rows } = await gateway.pool.query('select version from dataset');
    await replicaPool.query('update dataset set version = $1', [Number(rows[0].version) - lag]);
  };
  const readsReplica = async (path: string) => (await (await gateway.get(path)).text()).includes(',77,');

  it('serves exports while it has caught up, and never pages', async () => {
    await replay(0);
    assert.equal(await readsReplica('/air_quality'), true);
    assert.equal(await readsReplica('/air_quality.csv?limit=100'), false);
  });

  it('is left out while it is behind the last change', async () => {
    await replay(1);
    assert.equal(await readsReplica('/air_quality'), false);
  });

  it('is left out when it does not answer', async () => {
    await replay(0);
    await replicaPool.query('alter table dataset rename to away');
    assert.equal(await readsReplica('/air_quality'), false);
    await replicaPool.query('alter table away rename to dataset');
    assert.equal(await readsReplica('/air_quality'), true);
  });
});
