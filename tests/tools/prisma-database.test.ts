import assert from 'node:assert/strict';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { createTestDatabase } from '../fixtures/database.ts';
import { prisma, rowsOf } from '../fixtures/prisma.ts';

describe('prisma and its database', { concurrency: true }, () => {
  describe('the database that is configured', () => {
    test('P1001 names a server that does not answer', async () => {
      const port = await unusedPort();
      const { code, output } = await prisma(`postgresql://u:p@127.0.0.1:${port}/db`, ['migrate', 'deploy']);
      assert.equal(code, 1, output);
      assert.match(output, new RegExp(`P1001: Can't reach database server at \`127.0.0.1:${port}\``));
    });

    test('P1000 refuses a wrong password, and does not show it', async (context) => {
      const database = await createTestDatabase({ empty: true });
      context.after(() => database.drop());
      const url = new URL(database.url);
      url.password = 'not-the-password';
      const { code, output } = await prisma(url.href, ['migrate', 'deploy']);
      assert.equal(code, 1, output);
      assert.match(output, /P1000: Authentication failed against database server at `127\.0\.0\.1`/);
      assert.doesNotMatch(output, /not-the-password/);
    });

    test('P3014 tells that a role may not create the shadow database', async (context) => {
      const database = await createTestDatabase({ empty: true });
      const role = new URL(database.url).pathname.slice(1);
      await rowsOf(database.url, `CREATE ROLE ${role} LOGIN PASSWORD 'p'`);
      await rowsOf(database.url, `ALTER DATABASE ${role} OWNER TO ${role}`);
      context.after(async () => {
        await rowsOf(database.url, `ALTER DATABASE ${role} OWNER TO CURRENT_USER`);
        await rowsOf(database.url, `DROP ROLE ${role}`);
        await database.drop();
      });
      const url = new URL(database.url);
      url.username = role;
      url.password = 'p';
      const { code, output } = await prisma(url.href, ['migrate', 'dev']);
      assert.equal(code, 1, output);
      assert.match(output, /P3014\s+Prisma Migrate could not create the shadow database/);
      assert.match(output, /permission denied to create database/);
    });

    test('a panic of the engine is a failure of the command', async (context) => {
      const database = await createTestDatabase({ empty: true });
      context.after(() => database.drop());
      const { code, output } = await prisma(database.url, ['migrate', 'deploy'], {
        FORCE_PANIC_SCHEMA_ENGINE: '1',
      });
      assert.equal(code, 1, output);
      assert.match(output, /The schema engine panicked/);
    });
  });

  describe('no database is configured', () => {
    test('the embedded server is migrated, and stopped again', async (context) => {
      const directory = await mkdtemp(join(tmpdir(), 'measurement-embedded-'));
      context.after(() => rm(directory, { recursive: true, force: true }));
      const { code, output } = await prisma('', ['migrate', 'deploy'], { DATA_DIRECTORY: directory });
      assert.equal(code, 0, output);
      assert.match(output, /All migrations have been successfully applied/);
      const running = () =>
        access(join(directory, 'postgres/postmaster.pid')).then(
          () => true,
          () => false,
        );
      for (let tries = 0; (await running()) && tries < 200; tries += 1) await setTimeout(50);
      assert.equal(await running(), false);
    });

    test('production says what to set instead', async () => {
      const { code, output } = await prisma('', ['migrate', 'deploy'], { NODE_ENV: 'production' });
      assert.equal(code, 1, output);
      assert.match(output, /DATABASE_URL: is required in production/);
    });

    test('a command that needs none works, also in production (prisma generate in an image build)', async () => {
      const { code, output } = await prisma('', ['validate'], { NODE_ENV: 'production' });
      assert.equal(code, 0, output);
    });
  });
});

async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  assert.ok(typeof address === 'object' && address !== null);
  return address.port;
}
