import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { loadConfig } from '../../src/config.ts';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { findKeyHolder, hasScope } from '../../src/keys/api-keys.ts';
import { createImportBench, type ImportBench } from '../fixtures/import-command.ts';

let bench: ImportBench;
let database: Database;

before(async () => {
  bench = await createImportBench();
  database = await openDatabase(loadConfig({ DATABASE_URL: bench.url }));
});
after(async () => {
  await database.close();
  await bench.close();
});

async function create(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await bench.run(['keys', 'create', ...args]);
  assert.equal(code, 0, stderr);
  return stdout.trim();
}

test('a created key is shown once, found again with its scopes, and not in the database', async () => {
  const key = await create('feeder', '--scope', 'write');
  assert.match(key, /^ma_[0-9a-f]{12}_[\w-]{43}$/);
  const holder = await findKeyHolder(database.prisma, key);
  assert.ok(holder);
  assert.equal(holder.name, 'feeder');
  assert.ok(hasScope(holder, 'write'));
  assert.ok(!hasScope(holder, 'admin'));
  const { rows } = await bench.client.query('SELECT api_key::text AS row FROM api_key');
  for (const { row } of rows) assert.ok(!row.includes(key.slice(16)));
});

test('admin may do everything', async () => {
  const holder = await findKeyHolder(database.prisma, await create('operator', '--scope', 'admin'));
  assert.ok(holder && hasScope(holder, 'read') && hasScope(holder, 'write') && hasScope(holder, 'admin'));
});

test('the list shows prefix, scopes and last use, never a key', async () => {
  const key = await create('listed', '--scope', 'read');
  const line = async () =>
    (await bench.run(['keys', 'list'])).stdout.split('\n').find((text) => text.includes('listed')) ?? '';
  assert.match(await line(), /^ma_[0-9a-f]{12} {2}listed {2}read {2}created .* never used$/);
  await findKeyHolder(database.prisma, key);
  assert.match(await line(), /last used \d{4}-/);
  assert.ok(!(await line()).includes(key.slice(16)));
});

test('a revoked key ends at once, and cannot be revoked twice', async () => {
  const key = await create('short-lived');
  const prefix = key.slice(0, 15);
  assert.equal((await bench.run(['keys', 'revoke', prefix])).code, 0);
  assert.equal(await findKeyHolder(database.prisma, key), undefined);
  const again = await bench.run(['keys', 'revoke', prefix]);
  assert.equal(again.code, 1);
  assert.match(again.stderr, /There is no key ma_\w+ in use/);
});

test('a key with one letter changed, and anything else, is nobody’s', async () => {
  const key = await create('exact');
  const other = key.endsWith('A') ? 'B' : 'A';
  for (const wrong of [`${key.slice(0, -1)}${other}`, key.slice(0, -1), '', 'ma_', `${key} `]) {
    assert.equal(await findKeyHolder(database.prisma, wrong), undefined);
  }
});

test('creating and revoking are in the audit log', async () => {
  const { rows } = await bench.client.query('SELECT DISTINCT action FROM audit_event ORDER BY action');
  assert.deepEqual(rows, [{ action: 'key.create' }, { action: 'key.revoke' }]);
});

test('an unknown scope is refused with the known ones', async () => {
  const { code, stderr } = await bench.run(['keys', 'create', 'x', '--scope', 'root']);
  assert.equal(code, 2);
  assert.match(stderr, /Accepted: read, write, admin/);
});
