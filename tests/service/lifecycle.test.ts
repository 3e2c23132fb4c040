import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createPool } from '../../src/database/pool.ts';
import { createTestDatabase, type TestDatabase } from '../fixtures/database.ts';
import { insertMeasurements } from '../fixtures/measurements.ts';
import { runMain, startMain } from '../fixtures/process.ts';

describe('the gateway as a process', () => {
  let database: TestDatabase;

  before(async () => {
    database = await createTestDatabase();
    const pool = createPool({ url: database.url, size: 1, connectTimeoutMs: 5_000 });
    await insertMeasurements(pool, 30_000);
    await pool.end();
  });
  after(() => database.drop());

  it('lets running requests finish on SIGTERM, then ends with 0', async () => {
    const gateway = await startMain({ DATABASE_URL: database.url });
    assert.equal((await fetch(`${gateway.url}/health/ready`)).status, 200);
    const download = await fetch(`${gateway.url}/air_quality`);
    gateway.child.kill('SIGTERM');
    const lines = (await download.text()).trimEnd().split('\n');
    assert.ok(lines.length > 110_000, 'the download was complete');
    const { code, stdout } = await gateway.finished;
    assert.equal(code, 0);
    assert.match(stdout, /stopped/);
  });

  it('cuts what does not finish in the time it has', async () => {
    const gateway = await startMain({ DATABASE_URL: database.url, SHUTDOWN_GRACE_MS: '300' });
    const stalled = await fetch(`${gateway.url}/air_quality`);
    gateway.child.kill('SIGTERM');
    const { code } = await gateway.finished;
    assert.equal(code, 0);
    await assert.rejects(stalled.text());
  });

  it('logs one JSON line a request with its id, and no secret', async () => {
    const gateway = await startMain({ DATABASE_URL: database.url });
    await fetch(`${gateway.url}/stations`, {
      headers: { 'x-request-id': 'abc-123', authorization: 'Bearer hunter2', cookie: 'hunter2' },
    });
    gateway.child.kill('SIGINT');
    const { stdout } = await gateway.finished;
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const line = lines.find((entry) => entry.req?.url === '/stations');
    assert.equal(line.req.id, 'abc-123');
    assert.equal(line.res.statusCode, 401);
    assert.equal(line.level, 'warn');
    assert.ok(!stdout.includes('hunter2'));
    assert.ok(!stdout.includes(new URL(database.url).password));
  });

  it('says what to run when the database has no tables, and ends with 1', async () => {
    const empty = await createTestDatabase({ empty: true });
    const { code, stdout } = await runMain({ DATABASE_URL: empty.url });
    await empty.drop();
    assert.equal(code, 1);
    assert.match(stdout, /npx prisma migrate deploy/);
  });

  it('answers 503 with Retry-After while the database is away, and is not ready', async () => {
    const gone = await createTestDatabase();
    const gateway = await startMain({ DATABASE_URL: gone.url });
    await gone.drop();
    const ready = await fetch(`${gateway.url}/health/ready`);
    assert.equal(ready.status, 503);
    assert.equal(ready.headers.get('retry-after'), '5');
    assert.equal(((await ready.json()) as { code: string }).code, 'DATABASE_UNAVAILABLE');
    assert.equal((await fetch(`${gateway.url}/health/live`)).status, 200);
    gateway.child.kill('SIGTERM');
    assert.equal((await gateway.finished).code, 0);
  });
});
