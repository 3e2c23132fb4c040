import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, dirname } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { createTestDatabase, type TestDatabase } from '../fixtures/database.ts';
import { MigrationsCopy, prisma, prismaCli, rowsOf } from '../fixtures/prisma.ts';

const name = '20990101000000_second';

describe('a migration that fails', { concurrency: true }, () => {
  describe('a migration that the database refuses', { concurrency: false }, () => {
    let database: TestDatabase;
    let copy: MigrationsCopy;
    const deploy = () => prisma(database.url, ['migrate', 'deploy', copy.option]);

    before(async () => {
      database = await createTestDatabase({ empty: true });
      copy = await MigrationsCopy.create();
      await copy.write(
        name,
        `CREATE TABLE half (id INT);
CREATE FUNCTION half() RETURNS INT LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$;
ALTER TABLE station ADD COLUMN
  city INT;
`,
      );
    });

    after(async () => {
      await database.drop();
      await copy.remove();
    });

    test('is reported as P3018 with its name, the code and the message of the database', async () => {
      const { code, output } = await deploy();
      assert.equal(code, 1, output);
      assert.match(output, /Error: P3018/);
      assert.match(output, new RegExp(`Migration name: ${name}\n\nDatabase error code: 42701\n`));
      assert.match(output, /ERROR: column "city" of relation "station" already exists/);
    });

    test('leaves none of its statements behind and is recorded as failed', async () => {
      assert.deepEqual(await rowsOf(database.url, "SELECT to_regclass('half'), to_regproc('half')"), [
        [null, null],
      ]);
      assert.deepEqual(
        await rowsOf(database.url, 'SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NULL'),
        [[name]],
      );
    });

    test('blocks the next deployment with P3009', async () => {
      const { code, output } = await deploy();
      assert.equal(code, 1, output);
      assert.match(output, /P3009/);
      assert.match(output, new RegExp(`The \`${name}\` migration started at .* failed`));
    });

    test('is P3006 to migrate dev, which tries it on a shadow database', async () => {
      const { code, output } = await prisma(database.url, ['migrate', 'dev', copy.option]);
      assert.equal(code, 1, output);
      assert.match(
        output,
        new RegExp(`P3006\\s+Migration \`${name}\` failed to apply cleanly to the shadow database`),
      );
      assert.match(output, /column "city" of relation "station" already exists/);
    });

    test('can be resolved as rolled back, put right and deployed', async () => {
      const resolved = await prisma(database.url, [
        'migrate',
        'resolve',
        `--rolled-back=${name}`,
        copy.option,
      ]);
      assert.equal(resolved.code, 0, resolved.output);
      await copy.write(name, 'ALTER TABLE station ADD COLUMN country TEXT;');
      const { code, output } = await deploy();
      assert.equal(code, 0, output);
      assert.match(output, /All migrations have been successfully applied/);
    });
  });

  test('a syntax error is shown with the lines that lead to it', async (context) => {
    const [database, copy] = [await createTestDatabase({ empty: true }), await MigrationsCopy.create()];
    context.after(() => Promise.all([database.drop(), copy.remove()]));
    await copy.write(name, 'SELECT 1;\n\nCREATE TABEL typo (id INT);\nSELECT 2;\n');
    const { code, output } = await prisma(database.url, ['migrate', 'deploy', copy.option]);
    assert.equal(code, 1, output);
    assert.match(
      output,
      /syntax error at or near "TABEL"\n\nPosition:\n {2}1 SELECT 1;\n {2}2 ?\n {2}3 CREATE TABEL/,
    );
    assert.doesNotMatch(output, /SELECT 2/);
  });

  describe('a command that is interrupted', () => {
    for (const command of ['deploy', 'dev']) {
      test(`migrate ${command} ends its statement and drops its shadow database`, async (context) => {
        const [database, copy] = [await createTestDatabase({ empty: true }), await MigrationsCopy.create()];
        context.after(() => Promise.all([database.drop(), copy.remove()]));
        await copy.write(
          name,
          `SELECT pg_sleep(600) /* ${database.url.split('/').at(-1)} */; CREATE TABLE half ();`,
        );

        // In a process group of its own, which gets the signal as a whole, like a terminal's on Ctrl-C.
        const child = spawn(process.execPath, [prismaCli, 'migrate', command, copy.option], {
          detached: true,
          stdio: 'ignore',
          env: {
            ...process.env,
            // The engine is found by Node's name.
            PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
            DATABASE_URL: database.url,
          },
        });
        const closed = once(child, 'close');
        const shadow = await runningIn(database.url);
        assert.ok(child.pid !== undefined);
        process.kill(-child.pid, 'SIGINT');
        const [code] = await closed;

        assert.notEqual(code, 0);
        await until(async () => (await sleeping(database.url)).length === 0);
        assert.deepEqual(await rowsOf(database.url, "SELECT to_regclass('half')"), [[null]]);
        if (command === 'deploy') return;
        await until(
          async () =>
            (await rowsOf(database.url, 'SELECT FROM pg_database WHERE datname = $1', [shadow])).length === 0,
        );
      });
    }

    const sleeping = (url: string) =>
      rowsOf(url, 'SELECT datname FROM pg_stat_activity WHERE query LIKE $1 AND pid <> pg_backend_pid()', [
        `SELECT pg_sleep(600) /* ${url.split('/').at(-1)}%`,
      ]);

    /** Waits for the migration to run and gives the name of the database where it does. */
    async function runningIn(url: string): Promise<unknown> {
      let rows: unknown[][] = [];
      await until(async () => {
        rows = await sleeping(url);
        return rows.length > 0;
      });
      return rows[0]?.[0];
    }
  });
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, 'did not happen within 30 s');
    await setTimeout(50);
  }
}
