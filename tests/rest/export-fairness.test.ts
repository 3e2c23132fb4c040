import assert from 'node:assert/strict';
import { type ClientRequest, get, type IncomingMessage } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startTestGateway, type TestGateway } from '../fixtures/gateway.ts';
import { insertMeasurements } from '../fixtures/measurements.ts';

const copies = `select count(*)::int as count from pg_stat_activity
  where datname = current_database() and state = 'active' and query like 'copy%'`;

describe('exports among others', () => {
  let gateway: TestGateway;

  before(async () => {
    gateway = await startTestGateway({
      DATABASE_POOL_SIZE: '4',
      EXPORTS_AT_ONCE_MAX: '2',
      EXPORTS_WAITING_MAX: '1',
      EXPORT_IDLE_TIMEOUT_MS: '1500',
    });
    await insertMeasurements(gateway.pool, 30_000);
  });
  after(() => gateway.close());

  /** Starts a download and takes nothing of it. */
  function stall(): { request: ClientRequest; response: Promise<IncomingMessage> } {
    const request = get(`${gateway.url}/air_quality`);
    request.on('error', () => {});
    return {
      request,
      response: new Promise((resolve) => request.once('response', (response) => resolve(response.pause()))),
    };
  }
  const running = async () => (await gateway.pool.query(copies)).rows[0].count as number;

  it('run a few at once, wait in a line that ends, and leave pages alone', async () => {
    const first = stall();
    const second = stall();
    await Promise.all([first.response, second.response]);
    const third = stall();
    await sleep(100);
    assert.equal(await running(), 2, 'the third waits');

    const refused = await gateway.get('/air_quality');
    assert.equal(refused.status, 503);
    assert.ok(Number(refused.headers.get('retry-after')) > 0);
    assert.equal(((await refused.json()) as { code: string }).code, 'TOO_MANY_EXPORTS');

    const page = await gateway.get('/air_quality?limit=100');
    assert.equal((await page.text()).split('\n').length, 102);
    assert.equal(
      (await gateway.graphql('{ measurements { page(first: 5) { nodes { co } } } }')).errors,
      undefined,
    );

    first.request.destroy();
    await third.response;
    assert.equal(await running(), 2, 'the third has the place of the first');
    second.request.destroy();
    third.request.destroy();
  });

  it('lose their place in line when their client leaves', async () => {
    const downloads = [stall(), stall()];
    await Promise.all(downloads.map(({ response }) => response));
    const waiting = stall();
    await sleep(100);
    waiting.request.destroy();
    await sleep(100);
    const next = stall();
    await sleep(100);
    for (const { request } of downloads) request.destroy();
    assert.equal((await next.response).statusCode, 200);
    next.request.destroy();
  });

  it('are cut when their reader takes nothing for too long', async () => {
    const { response } = stall();
    const broken = response.then(
      (message) => new Promise<Error>((resolve) => message.once('error', resolve)),
    );
    const message = await response;
    const deadline = Date.now() + 4_000;
    while ((await running()) > 0) {
      assert.ok(Date.now() < deadline, 'the query still runs');
      await sleep(50);
    }
    message.resume();
    assert.match((await broken).message, /aborted/);
  });

  it('are refused before the first byte when they would have more rows than allowed', async () => {
    const small = await startTestGateway({ EXPORT_ROWS_MAX: '100' });
    await insertMeasurements(small.pool, 50);
    const refused = await small.get('/air_quality');
    const problem = (await refused.json()) as { code: string; hint: string };
    assert.equal(refused.status, 400);
    assert.equal(problem.code, 'TOO_MANY_ROWS');
    assert.match(problem.hint, /limit/);
    assert.equal((await small.get('/air_quality?id_entity=aq_alba')).status, 200);
    await small.close();
  });

  it('are ended by a time limit when there is one', async () => {
    const hurried = await startTestGateway({ EXPORT_STATEMENT_TIMEOUT_MS: '1' });
    await insertMeasurements(hurried.pool, 5_000);
    await assert.rejects(async () => {
      const response = await hurried.get('/air_quality?order=station');
      if (!response.ok) throw new Error(((await response.json()) as { code: string }).code);
      await response.text();
    });
    await hurried.close();
  });
});
