import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');

/** What the real logger prints for the expression, in a process of its own as it writes to standard output. */
async function logged(expression: string): Promise<string> {
  const program = `
    import { createLogger } from './src/logger.ts';
    const logger = createLogger({ logLevel: 'info', production: true });
    logger.info(...${expression});`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program], { cwd: root });
  JSON.parse(stdout);
  return stdout;
}

describe('the log', () => {
  for (const [what, expression] of Object.entries({
    'an API key in a header': `[{ req: { headers: { authorization: 'Bearer hunter2', 'x-api-key': 'hunter2' } } }, 'x']`,
    'a cookie': `[{ req: { headers: { cookie: 'hunter2' } }, res: { headers: { 'set-cookie': 'hunter2' } } }, 'x']`,
    'a password in what is logged': `[{ password: 'hunter2', user: { password: 'hunter2', token: 'hunter2' } }, 'x']`,
    'the configuration': `[{ config: { databaseUrl: 'postgresql://u:hunter2@h/d', redisUrl: 'redis://:hunter2@h' } }, 'x']`,
    'the environment': `[{ env: { DATABASE_URL: 'hunter2', DB_URI: 'hunter2', REDIS_URL: 'hunter2' } }, 'x']`,
    'a URL in a message': `['cannot reach postgresql://measurement:hunter2@db:5432/measurement?sslmode=require']`,
    'a URL in an error and its stack': `[{ err: new Error('redis://:hunter2@cache:6379 refused') }, 'failed']`,
  })) {
    it(`has no secret: ${what}`, async () => {
      const line = await logged(expression);
      assert.ok(!line.includes('hunter2'), line);
      assert.match(line, /\[redacted\]/);
    });
  }

  it('keeps what is no secret', async () => {
    const line = await logged(
      `[{ url: 'http://localhost:5000/air_quality?from=2016-10-01T00:00:00Z' }, 'a@b: c']`,
    );
    assert.match(line, /http:\/\/localhost:5000\/air_quality\?from=2016-10-01T00:00:00Z/);
    assert.match(line, /a@b: c/);
  });
});
