import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { loadConfig } from '../../src/config.ts';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { createApiKey, type Scope } from '../../src/keys/api-keys.ts';
import { startTestGateway, type TestGateway } from '../fixtures/gateway.ts';

const csv = 'TimeInstant,id_entity,no2,o3\n2016-10-01 00:00:00.004,s1,1,2\n2016-10-01 00:15:00,s1,3,\n';

let gateway: TestGateway;
let database: Database;
let key: string;

async function makeKey(...scopes: Scope[]): Promise<string> {
  return (await createApiKey(database.prisma, { name: 'test', scopes, actor: 'test' })).key;
}

before(async () => {
  gateway = await startTestGateway({ IMPORTS_AT_ONCE_MAX: '2' });
  database = await openDatabase(loadConfig({ DATABASE_URL: gateway.databaseUrl }));
  key = await makeKey('write');
});
beforeEach(async () => {
  await gateway.pool.query('TRUNCATE environment_airq_measurand, station, import, import_rejection');
});
after(async () => {
  await database.close();
  await gateway.close();
});

function post(
  body: string | Buffer | Readable,
  query = '',
  headers: Record<string, string> = {},
): Promise<Response> {
  return gateway.get(`/air_quality${query}`, {
    method: 'POST',
    headers: { 'content-type': 'text/csv', authorization: `Bearer ${key}`, ...headers },
    body,
    ...(body instanceof Readable && { duplex: 'half' }),
  } as RequestInit);
}

const stored = async () =>
  (await gateway.pool.query('SELECT count(*)::int AS count FROM environment_airq_measurand')).rows[0].count;

describe('POST /air_quality', () => {
  test('loads CSV and answers the entry of the ledger', async () => {
    const response = await post(csv);
    assert.equal(response.status, 201);
    const entry = (await response.json()) as Record<string, unknown>;
    assert.equal(entry.outcome, 'loaded');
    assert.equal(entry.rowsRead, 2);
    assert.equal(entry.rowsInserted, 2);
    assert.equal(entry.firstTimeInstant, '2016-10-01T00:00:00.004Z');
    assert.deepEqual(entry.rejections, []);
    const answered = await (await gateway.get('/air_quality')).text();
    assert.match(answered, /2016-10-01T00:00:00.004Z,s1,,1,,2,,\n/);
  });

  test('loads NDJSON and packed bodies', async () => {
    const ndjson = '{"timeInstant":"2016-10-02T00:00:00Z","stationId":"s1","no2":4}\n';
    assert.equal((await post(ndjson, '', { 'content-type': 'application/x-ndjson' })).status, 201);
    assert.equal((await post(gzipSync(csv))).status, 201);
    assert.equal(await stored(), 3);
  });

  test('the same body again answers 200 and the earlier entry', async () => {
    const first = (await (await post(csv)).json()) as { id: number };
    const response = await post(csv);
    assert.equal(response.status, 200);
    const again = (await response.json()) as { id: number; outcome: string };
    assert.equal(again.outcome, 'known');
    assert.equal(again.id, first.id);
  });

  test('rejected lines are answered with number, field and reason', async () => {
    const response = await post(`${csv}never,s1,1,1\n`, '?max_rejects=50%25');
    assert.equal(response.status, 201);
    const { rejections } = (await response.json()) as {
      rejections: { line: number; field: string; reason: string }[];
    };
    assert.equal(rejections[0]?.line, 4);
    assert.equal(rejections[0]?.field, 'TimeInstant');
    assert.match(rejections[0]?.reason ?? '', /a date and time/);
  });

  test('too many of them are 422 and nothing is loaded', async () => {
    const response = await post(`${csv}never,s1,1,1\n`);
    assert.equal(response.status, 422);
    assert.equal(response.headers.get('content-type'), 'application/problem+json; charset=utf-8');
    const problem = (await response.json()) as { code: string; detail: string };
    assert.equal(problem.code, 'INVALID_SOURCE');
    assert.match(problem.detail, /line 4, field TimeInstant: found "never"/);
    assert.equal(await stored(), 0);
  });

  test('check=true says what would happen', async () => {
    const response = await post(csv, '?check=true');
    assert.equal(response.status, 200);
    const entry = (await response.json()) as { outcome: string; id: null; rowsInserted: number };
    assert.deepEqual([entry.outcome, entry.id, entry.rowsInserted], ['checked', null, 2]);
    assert.equal(await stored(), 0);
  });

  test('on_conflict=fail answers 409', async () => {
    await post(csv);
    const response = await post(csv.replace('s1,1,2', 's1,9,9'), '?on_conflict=fail');
    assert.equal(response.status, 409);
  });

  test('reads what the parameters say: map, unit, timezone, timestamps', async () => {
    const body = 'when;where;NO2\n2016-10-01 12:00:00;s1;0,05\n';
    const query =
      '?map=when%3Dtime,where%3Dstation&unit=no2%3Dmg/m3&timezone=%2B02:00&timestamps=end&period=60';
    const response = await post(body, query);
    assert.equal(response.status, 201, await response.clone().text());
    const { rows } = await gateway.pool.query(
      'SELECT "TimeInstant" AS time, no2 FROM environment_airq_measurand',
    );
    assert.deepEqual(rows, [{ time: new Date('2016-10-01T09:00:00Z'), no2: 50 }]);
  });

  test('a body of another type, an unknown parameter and an empty body are told', async () => {
    assert.equal((await post('{}', '', { 'content-type': 'application/json' })).status, 400);
    const mistyped = await post(csv, '?on_conflikt=keep');
    assert.match(((await mistyped.json()) as { hint: string }).hint, /Did you mean `on_conflict`/);
    assert.equal((await post('')).status, 422);
  });

  test('a wrong header is answered though most of the body is still to come', async () => {
    async function* endless() {
      yield Buffer.from('TimeInstant,id_entity,nonsense\n');
      for (let i = 0; i < 200; i++) yield Buffer.from('2016-10-01 00:00:00,s1,1\n'.repeat(2_000));
    }
    const response = await post(Readable.from(endless()));
    assert.equal(response.status, 422);
    assert.match(((await response.json()) as { detail: string }).detail, /nonsense/);
  });

  test('a client that leaves half way has loaded nothing, and its session ends', async () => {
    const { hostname, port } = new URL(gateway.url);
    const client = httpRequest({
      hostname,
      port,
      path: '/air_quality',
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'text/csv' },
    });
    client.on('error', () => {});
    client.write(csv);
    await sleep(200);
    client.destroy();
    await new Promise((resolve) => client.once('close', resolve));
    for (let attempt = 0; attempt < 50; attempt++) {
      const { rows } = await gateway.pool.query(
        `SELECT count(*)::int AS count FROM pg_stat_activity
         WHERE application_name = 'measurement-app import' AND datname = current_database()`,
      );
      if (rows[0].count === 0) break;
      await sleep(100);
      assert.ok(attempt < 49, 'the session of the import is still there');
    }
    assert.equal(await stored(), 0);
    assert.equal((await post(csv)).status, 201);
  });

  test('more imports at once than there are slots are 503 with Retry-After', async () => {
    const open: (() => void)[] = [];
    const slow = () => {
      const body = new Readable({ read() {} });
      body.push(csv);
      open.push(() => body.push(null));
      return post(body);
    };
    const running = [slow(), slow()];
    await sleep(300);
    const refused = await post(csv);
    assert.equal(refused.status, 503);
    assert.ok(refused.headers.get('retry-after'));
    for (const finish of open) finish();
    for (const response of await Promise.all(running)) assert.ok(response.ok);
  });
});

describe('API keys over HTTP', () => {
  test('writing without one is 401, with one of another scope 403, with a revoked one 401', async () => {
    const without = await gateway.get('/air_quality', { method: 'POST', body: csv });
    assert.equal(without.status, 401);
    assert.match(without.headers.get('www-authenticate') ?? '', /^Bearer/);
    const reader = await makeKey('read');
    assert.equal((await post(csv, '', { authorization: `Bearer ${reader}` })).status, 403);
    const unknown = await post(csv, '', { authorization: `Bearer ${key.slice(0, -2)}xx` });
    assert.equal(unknown.status, 401);
    assert.match(unknown.headers.get('www-authenticate') ?? '', /invalid_token/);
    assert.equal(await stored(), 0);
  });

  test('reading is open, but a wrong key is told even there', async () => {
    assert.equal((await gateway.get('/air_quality')).status, 200);
    assert.equal(
      (await gateway.get('/air_quality', { headers: { authorization: 'Bearer nonsense' } })).status,
      401,
    );
  });

  test('REQUIRE_API_KEY closes reading; health stays open', async () => {
    const closed = await startTestGateway({ REQUIRE_API_KEY: 'true' });
    try {
      for (const path of [
        '/air_quality',
        '/stations',
        '/pollutants',
        '/imports',
        '/graphql?query={dataset{version}}',
      ]) {
        assert.equal((await closed.get(path)).status, 401, path);
      }
      assert.equal((await closed.get('/health/ready')).status, 200);
      const other = await openDatabase(loadConfig({ DATABASE_URL: closed.databaseUrl }));
      const { key: reader } = await createApiKey(other.prisma, {
        name: 'r',
        scopes: ['read'],
        actor: 'test',
      });
      await other.close();
      const headers = { authorization: `Bearer ${reader}` };
      assert.equal((await closed.get('/air_quality', { headers })).status, 200);
    } finally {
      await closed.close();
    }
  });

  test('RATE_LIMIT_PER_MINUTE answers 429 with standard headers, for each key and address by itself', async () => {
    const limited = await startTestGateway({ RATE_LIMIT_PER_MINUTE: '3' });
    try {
      const statuses: number[] = [];
      let last = await limited.get('/health/live');
      for (let i = 0; i < 4; i++) {
        last = await limited.get('/stations');
        statuses.push(last.status);
      }
      assert.deepEqual(statuses, [200, 200, 200, 429]);
      assert.match(last.headers.get('ratelimit') ?? '', /"requests"; r=0; t=\d+/);
      assert.match(last.headers.get('ratelimit-policy') ?? '', /"requests"; q=3; w=60/);
      assert.ok(Number(last.headers.get('retry-after')) > 0);
      assert.equal(((await last.json()) as { code: string }).code, 'RATE_LIMITED');
      assert.equal((await limited.get('/health/live')).status, 200);
      const other = await openDatabase(loadConfig({ DATABASE_URL: limited.databaseUrl }));
      const { key: reader } = await createApiKey(other.prisma, {
        name: 'r',
        scopes: ['read'],
        actor: 'test',
      });
      await other.close();
      assert.equal(
        (await limited.get('/stations', { headers: { authorization: `Bearer ${reader}` } })).status,
        200,
      );
    } finally {
      await limited.close();
    }
  });
});

test('GET /imports lists what was loaded, newest first', async () => {
  await post(csv);
  await post(`${csv}never,s1,1,1\n`, '?max_rejects=1');
  const { imports } = (await (await gateway.get('/imports?limit=1')).json()) as {
    imports: Record<string, unknown>[];
  };
  assert.equal(imports.length, 1);
  assert.equal(imports[0]?.rowsRejected, 1);
  assert.equal(imports[0]?.importedBy, key.slice(0, 15));
});
