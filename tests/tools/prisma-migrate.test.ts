import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { createTestDatabase, type TestDatabase } from '../fixtures/database.ts';
import { MigrationsCopy, prisma, rowsOf } from '../fixtures/prisma.ts';

const migration = '20261101000000_measurements';

// Commands of Prisma's mostly start up; side by side they take half the time.
describe('prisma migrate', { concurrency: true }, () => {
  describe('prisma on a server without the database', { concurrency: false }, () => {
    let database: TestDatabase;
    let copy: MigrationsCopy;

    before(async () => {
      database = await createTestDatabase({ empty: true });
      await database.drop();
      copy = await MigrationsCopy.create();
    });

    after(async () => {
      await database.drop();
      await copy.remove();
    });

    test('migrate deploy creates the database and applies the migrations', async () => {
      const { code, output } = await prisma(database.url, ['migrate', 'deploy']);
      assert.equal(code, 0, output);
      assert.match(output, /PostgreSQL database test_\w+ created/);
      assert.match(output, new RegExp(migration));
      assert.deepEqual(await rowsOf(database.url, 'SELECT version FROM dataset'), [['0']]);
    });

    test('migrate deploy has nothing to do the second time', async () => {
      const { code, output } = await prisma(database.url, ['migrate', 'deploy']);
      assert.equal(code, 0, output);
      assert.match(output, /No pending migrations to apply/);
    });

    test('monthly partitions, triggers and checks are no difference to the schema', async () => {
      await rowsOf(database.url, "SELECT measurement_partitions_ensure('2016-10-01', '2016-12-15')");
      const { code, output } = await prisma(database.url, [
        'migrate',
        'diff',
        '--from-config-datasource',
        '--to-schema=prisma/schema.prisma',
        '--exit-code',
      ]);
      assert.match(output, /No difference detected/);
      assert.equal(code, 0, output);
    });

    test('migrate dev sees no drift over them', async () => {
      const { code, output } = await prisma(database.url, ['migrate', 'dev']);
      assert.equal(code, 0, output);
      assert.match(output, /Already in sync, no schema change or pending migration was found/);
    });

    test('migrate dev --create-only writes what a changed schema needs, over the applied history', async () => {
      const schema = await readFile(copy.schemaFile, 'utf8');
      await writeFile(copy.schemaFile, schema.replace(/^( +city +String\?)$/m, '$1\n  country String?'));
      const created = await prisma(database.url, [
        'migrate',
        'dev',
        '--create-only',
        '--name=x',
        copy.option,
      ]);
      assert.equal(created.code, 0, created.output);
      const [name = ''] = /\d{14}_x/.exec(created.output) ?? [];
      assert.match(
        await copy.read(name),
        /^-- AlterTable\nALTER TABLE "station" ADD COLUMN +"country" TEXT;\s*$/,
      );
    });

    test('migrate reset brings everything back, functions included', async () => {
      const { code, output } = await prisma(database.url, ['migrate', 'reset', '--force']);
      assert.equal(code, 0, output);
      assert.match(output, /Database reset successful/);
      assert.deepEqual(
        await rowsOf(database.url, "SELECT measurement_partitions_ensure('2020-01-01', '2020-01-31')"),
        [[1]],
      );
    });
  });

  test('the migrations alone make what the schema describes', async (context) => {
    const database = await createTestDatabase({ empty: true });
    context.after(() => database.drop());
    const { code, output } = await prisma(database.url, [
      'migrate',
      'diff',
      '--from-migrations=prisma/migrations',
      '--to-schema=prisma/schema.prisma',
      '--script',
      '--exit-code',
    ]);
    assert.match(output, /This is an empty migration/);
    assert.equal(code, 0, output);
  });

  test('deployments that start at the same time apply the migrations once', async (context) => {
    const database = await createTestDatabase({ empty: true });
    context.after(() => database.drop());
    await database.drop();
    const results = await Promise.all([1, 2].map(() => prisma(database.url, ['migrate', 'deploy'])));
    for (const { code, output } of results) assert.equal(code, 0, output);
    const applied = 'SELECT migration_name, count(*)::int FROM _prisma_migrations GROUP BY 1 ORDER BY 1';
    const [first, ...more] = await rowsOf(database.url, applied);
    assert.deepEqual(first, [migration, 1]);
    for (const [name, times] of more) assert.equal(times, 1, String(name));
  });

  test('a schema named in the URL is made and holds everything', async (context) => {
    const database = await createTestDatabase({ empty: true });
    context.after(() => database.drop());
    const { code, output } = await prisma(`${database.url}?schema=air`, ['migrate', 'deploy']);
    assert.equal(code, 0, output);
    assert.deepEqual(
      await rowsOf(
        database.url,
        "SELECT schemaname FROM pg_tables WHERE tablename IN ('station', 'dataset')",
      ),
      [['air'], ['air']],
    );
  });
});
