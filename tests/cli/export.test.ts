import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readFile, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startTestGateway, type TestGateway } from '../fixtures/gateway.ts';
import { insertMeasurements } from '../fixtures/measurements.ts';
import { start } from '../fixtures/process.ts';

describe('measurement-app export', () => {
  let gateway: TestGateway;
  let folder: string;

  before(async () => {
    gateway = await startTestGateway();
    await insertMeasurements(gateway.pool, 20_000);
    folder = await mkdtemp(join(tmpdir(), 'export-'));
  });
  after(async () => {
    await rm(folder, { recursive: true });
    await gateway.close();
  });

  const run = (...args: string[]) =>
    start('src/cli.ts', ['export', ...args], { DATABASE_URL: gateway.databaseUrl }).finished;
  const overHttp = async (query: string) => (await gateway.get(`/air_quality${query}`)).text();

  it('writes what /air_quality answers to the same parameters', async () => {
    const { code, stdout, stderr } = await run(
      ...['--id-entity', 'aq_alba', '--id-entity', 'aq_brisa', '--from', '2016-10-02', '--to', '2016-10-03'],
      ...['--pollutant', 'co,so2', '--order', '-time', '--decimals', '3'],
    );
    assert.equal(code, 0, stderr);
    assert.equal(
      stdout,
      await overHttp(
        '?id_entity=aq_alba,aq_brisa&from=2016-10-02&to=2016-10-03&pollutant=co,so2&order=-time&decimals=3',
      ),
    );
    assert.match(stderr, /\d+ rows/);
  });

  it('takes the format from the ending of the file', async () => {
    const file = join(folder, 'some.ndjson');
    assert.equal((await run('--limit', '20', '-o', file)).code, 0);
    assert.equal(await readFile(file, 'utf8'), await overHttp('.ndjson?limit=20'));
  });

  it('goes on behind the last complete line of a broken file', async () => {
    const file = join(folder, 'broken.csv');
    const whole = await overHttp('');
    assert.equal((await run('-o', file, '--limit', '1000')).code, 0);
    const key = (await readFile(file, 'utf8')).trimEnd().split('\n').at(-1)?.split(',').slice(0, 2).join();
    await appendFile(file, '2016-10-03T0');
    const { code, stderr } = await run('-o', file, '--after', key ?? '');
    assert.equal(code, 0, stderr);
    assert.equal(await readFile(file, 'utf8'), whole);
  });

  it('says how to go on when the database ends it half way', async () => {
    const file = join(folder, 'killed.csv');
    const running = start('src/cli.ts', ['export', '-o', file, '--interval', '15m', '--statistic', 'mean'], {
      DATABASE_URL: gateway.databaseUrl,
    });
    // Averages of everything take long enough to be met in the act.
    const killed = await terminateCopy();
    const { code, stderr } = await running.finished;
    assert.ok(killed);
    assert.equal(code, 1);
    assert.match(stderr, /does not answer|terminat/);
    assert.doesNotMatch(stderr, /node_modules/);

    const raw = join(folder, 'short.csv');
    await run('-o', raw, '--limit', '500');
    await truncate(raw, (await readFile(raw)).length - 10);
    const after = (await readFile(raw, 'utf8')).split('\n').at(-2)?.split(',').slice(0, 2).join() ?? '';
    assert.equal((await run('-o', raw, '--after', after, '--limit', '1')).code, 0);
    const lines = (await readFile(raw, 'utf8')).split('\n');
    assert.equal(lines.length, 502);
    assert.deepEqual(lines, (await overHttp('?limit=500')).split('\n'));
  });

  async function terminateCopy(): Promise<boolean> {
    for (let attempt = 0; attempt < 200; attempt++) {
      const { rows } = await gateway.pool.query(
        `select pg_terminate_backend(pid) as killed from pg_stat_activity
         where datname = current_database() and state = 'active' and query like 'copy%'`,
      );
      if (rows.length > 0) return rows[0].killed;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return false;
  }

  it('ends with 2 and the usage when a value is wrong, naming what is accepted', async () => {
    for (const [args, message] of [
      [['--pollutant', 'co2'], /so2, no2, co, o3, pm10, pm2_5/],
      [['--near', '40,3'], /radius/],
      [['--interval', '7h'], /15m, 1h, 8h/],
      [['--polutant', 'co'], /Did you mean --pollutant/],
    ] as const) {
      const { code, stderr } = await run(...args);
      assert.equal(code, 2, stderr);
      assert.match(stderr, message);
      assert.match(stderr, /Usage: (measurement-app )?export/);
    }
  });

  it('ends with 1 for a station that there is not', async () => {
    const { code, stderr } = await run('--id-entity', 'aq_alb');
    assert.equal(code, 1);
    assert.match(stderr, /Did you mean "aq_alba"\?/);
  });

  it('teaches every parameter in --help', async () => {
    const { code, stdout } = await run('--help');
    assert.equal(code, 0);
    const { hint } = (await (await gateway.get('/air_quality?nonsense=1')).json()) as { hint: string };
    for (const name of /Parameters: (.+)\./.exec(hint)?.[1]?.split(', ') ?? []) {
      assert.ok(stdout.includes(`--${name.replaceAll('_', '-')} `), name);
    }
  });
});
