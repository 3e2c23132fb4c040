import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type pg from 'pg';
import { copyOut } from '../../src/database/copy-out.ts';
import { createPool } from '../../src/database/pool.ts';
import { createTestDatabase, type TestDatabase } from '../fixtures/database.ts';

describe('COPY TO STDOUT', () => {
  let database: TestDatabase;
  let pool: pg.Pool;

  before(async () => {
    database = await createTestDatabase({ empty: true });
    pool = createPool({ url: database.url, size: 1, connectTimeoutMs: 5_000 });
  });
  after(async () => {
    await pool.end();
    await database.drop();
  });

  function copy(client: pg.PoolClient, sql: string): Promise<{ text: string; rowCount: number }> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      const running = copyOut(client, sql, {
        data(bytes) {
          chunks.push(Buffer.from(bytes));
          running.resume();
        },
        end: (rowCount) => resolve({ text: Buffer.concat(chunks).toString(), rowCount }),
        fail: reject,
      });
      running.resume();
    });
  }

  it('gives the bytes of rows of every length, however the network cuts them, and the connection works on', async () => {
    const client = await pool.connect();
    // From empty lines to rows longer than any buffer of the network.
    const { rows } = await client.query(
      `select string_agg(repeat(chr(97 + n % 26), (n * n * 7) % 9001 + case when n % 500 = 0 then 300000 else 0 end), e'\n' order by n) || e'\n' as text
       from generate_series(0, 3000) n`,
    );
    const { text, rowCount } = await copy(
      client,
      `copy (select repeat(chr(97 + n % 26), (n * n * 7) % 9001 + case when n % 500 = 0 then 300000 else 0 end)
       from generate_series(0, 3000) n order by n) to stdout`,
    );
    assert.equal(text.length, rows[0].text.length);
    assert.ok(text === rows[0].text);
    assert.equal(rowCount, 3001);
    assert.equal((await client.query('select 1 as one')).rows[0].one, 1);
    client.release();
  });

  it('ends without a byte when there is no row', async () => {
    const client = await pool.connect();
    assert.deepEqual(await copy(client, 'copy (select 1 where false) to stdout'), { text: '', rowCount: 0 });
    client.release();
  });

  it('fails with the error of PostgreSQL, also half way and behind the last row', async () => {
    const client = await pool.connect();
    for (const sql of [
      'copy (select nonsense) to stdout',
      'copy (select 1 / (50000 - n) from generate_series(1, 100000) n) to stdout',
      'copy (select 1) to stdout; select 1 / 0',
    ]) {
      await assert.rejects(copy(client, sql), /nonsense|division by zero/);
      assert.equal((await client.query('select 1 as one')).rows[0].one, 1);
    }
    client.release();
  });

  it('passes over notices between rows', async () => {
    const client = await pool.connect();
    await client.query(`create function tell(n int) returns int language plpgsql as
      $$ begin raise notice 'row %', n; return n; end $$`);
    const { text } = await copy(client, 'copy (select tell(n) from generate_series(1, 3) n) to stdout');
    assert.equal(text, '1\n2\n3\n');
    client.release();
  });
});
