import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createTestDatabase, type TestDatabase } from '../fixtures/database.ts';
import { freePort, startObservedGateway } from '../fixtures/observed-gateway.ts';
import { systemProgram } from '../fixtures/system-program.ts';

const run = promisify(execFile);
const configuration = resolve(import.meta.dirname, '../../observability/rsyslog/measurement-app.conf');

describe('the rsyslog configuration', () => {
  let rsyslogd: string;
  let logger: string;
  let folder: string;
  let database: TestDatabase;
  let server: ChildProcess | undefined;

  before(async () => {
    rsyslogd = await systemProgram('rsyslogd', 'rsyslog');
    logger = await systemProgram('logger', 'bsdutils');
    folder = await mkdtemp(join(tmpdir(), 'rsyslog-'));
    database = await createTestDatabase();
  });
  after(async () => {
    server?.kill('SIGKILL');
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  });

  it('is accepted by rsyslog', async () => {
    await run(rsyslogd, ['-N1', '-f', configuration]);
  });

  it('receives the lines of a running gateway, and keeps errors apart', async () => {
    const port = await freePort();
    const text = (await readFile(configuration, 'utf8'))
      .replace('port="10514"', `port="${port}"`)
      .replaceAll('/var/log/measurement-app', folder);
    assert.ok(text.includes(String(port)) && text.includes(folder));
    const adapted = join(folder, 'rsyslog.conf');
    await writeFile(adapted, `global(workDirectory="${folder}")\n${text}`);
    const pidFile = join(folder, 'rsyslogd.pid');
    server = spawn(rsyslogd, ['-n', '-f', adapted, '-i', pidFile], { stdio: 'inherit' });

    const gateway = await startObservedGateway({ DATABASE_URL: database.url, METRICS_PORT: '0' });
    await (await fetch(`${gateway.url}/stations`, { headers: { 'x-request-id': 'kept-by-rsyslog' } })).text();
    await database.drop();
    await (await fetch(`${gateway.url}/stations`, { headers: { 'x-request-id': 'failed' } })).text();
    await gateway.stop();

    const to = ['--server', '127.0.0.1', '--port', String(port), '--tcp', '--rfc5424', '--octet-count'];
    const sender = spawn(logger, [...to, '--size', '64KiB', '--tag', 'measurement-app']);
    sender.stdin.end(`${gateway.log()}not JSON: a crash of Node itself\n`);
    assert.deepEqual(await once(sender, 'close'), [0, null]);

    const [api, errors] = await linesOf('api-', (lines) => lines.some((line) => line.includes('not JSON')));
    const parsed = api.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
    const request = parsed.find((line) => line.req?.id === 'kept-by-rsyslog' && line.res !== undefined);
    assert.equal(request.res.statusCode, 200);
    assert.equal(request.level, 'info');
    assert.ok(!errors.some((line) => line.includes('kept-by-rsyslog')));
    assert.ok(errors.some((line) => line.includes('"failed"') && JSON.parse(line).level === 'error'));
    assert.ok(errors.includes('not JSON: a crash of Node itself'));
  });

  async function linesOf(prefix: string, done: (lines: string[]) => boolean): Promise<[string[], string[]]> {
    const read = async (start: string) => {
      const name = (await readdir(folder)).find((file) => file.startsWith(start));
      return name === undefined ? [] : (await readFile(join(folder, name), 'utf8')).trimEnd().split('\n');
    };
    for (let attempt = 0; attempt < 100; attempt++) {
      const lines = await read(prefix);
      if (done(lines)) return [lines, await read('error-')];
      await sleep(100);
    }
    assert.fail(`rsyslog wrote:\n${(await read(prefix)).join('\n')}`);
  }
});
