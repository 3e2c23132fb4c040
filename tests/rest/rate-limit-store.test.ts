import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Options } from 'express-rate-limit';
import { createRedisRateLimitStore } from '../../src/rest/rate-limit-store.ts';

const hasRedis = spawnSync('redis-server', ['--version']).status === 0;

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function startRedis(port: number) {
  const server = spawn('redis-server', ['--port', String(port), '--save', '', '--bind', '127.0.0.1'], {
    stdio: 'ignore',
  });
  await sleep(500);
  return async () => {
    server.kill('SIGKILL');
    await once(server, 'close');
  };
}

test('replicas share one count in Redis; each counts by itself while Redis is away, and shares again when it is back', {
  skip: !hasRedis && 'redis-server is not installed',
}, async () => {
  const port = await freePort();
  let stopRedis = await startRedis(port);
  const stores = [0, 1].map(() => createRedisRateLimitStore(`redis://127.0.0.1:${port}`));
  for (const store of stores) store.init?.({ windowMs: 60_000 } as Options);
  await sleep(300);
  const hits: number[] = [];
  for (const store of [...stores, ...stores]) hits.push((await store.increment('address')).totalHits);
  assert.deepEqual(hits, [1, 2, 3, 4]);
  const { resetTime } = (await stores[0]?.increment('address')) ?? {};
  assert.ok(resetTime && resetTime.getTime() > Date.now() + 50_000);

  await stopRedis();
  await sleep(200);
  assert.deepEqual(
    await Promise.all(stores.map(async (store) => (await store.increment('address')).totalHits)),
    [1, 1],
  );

  stopRedis = await startRedis(port);
  await sleep(2_500);
  assert.equal((await stores[0]?.increment('other'))?.totalHits, 1);
  assert.equal((await stores[1]?.increment('other'))?.totalHits, 2);
  for (const store of stores) store.close();
  await stopRedis();
});
