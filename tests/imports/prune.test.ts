import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { createImportBench, type ImportBench } from '../fixtures/import-command.ts';

let bench: ImportBench;

before(async () => {
  bench = await createImportBench();
});
beforeEach(async () => {
  await bench.clear();
  await bench.load(
    'TimeInstant,id_entity,no2\n2016-08-31 23:59:59,s1,1\n2016-09-15 00:00:00,s1,1\n2016-10-01 00:00:00,s1,1\n',
  );
});
after(() => bench.close());

test('removes whole months, says what goes, bumps the version and writes the audit log', async () => {
  const version = async () => (await bench.client.query('SELECT version FROM dataset')).rows[0].version;
  const before = await version();
  const { code, stdout } = await bench.run(['prune', '--before', '2016-10-20', '--yes']);
  assert.equal(code, 0);
  assert.match(
    stdout,
    /2016-08: 1 measurements, .*\n2016-09: 1 measurements, .*\n2 months, 2 measurements removed/,
  );
  assert.deepEqual(await bench.stored(), ['2016-10-01T00:00:00.000Z s1 no2=1']);
  assert.notEqual(await version(), before);
  const { rows } = await bench.client.query(
    "SELECT target FROM audit_event WHERE action = 'measurements.prune'",
  );
  assert.deepEqual(rows, [{ target: '2016-08, 2016-09' }]);
});

test('does nothing without a yes, where there is nobody to ask', async () => {
  const before = await bench.state();
  const { code, stderr } = await bench.run(['prune', '--before', '2016-10-01']);
  assert.equal(code, 1);
  assert.match(stderr, /--yes answers[\s\S]*Nothing was removed/);
  assert.equal(await bench.state(), before);
});

test('says so when there is nothing to remove, and what a date looks like', async () => {
  assert.match((await bench.run(['prune', '--before', '2016-08-31'])).stdout, /There is nothing/);
  const wrong = await bench.run(['prune', '--before', 'last year']);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /It takes a date such as 2016-10-01/);
});

test('what was removed can be loaded again', async () => {
  await bench.run(['prune', '--before', '2016-10-01', '--yes']);
  const { stdout } = await bench.load(
    'TimeInstant,id_entity,no2\n2016-08-31 23:59:59,s1,1\n2016-09-15 00:00:00,s1,1\n',
  );
  assert.match(stdout, /2 new/);
});
