import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../fixtures/database.ts';
import { runNode } from '../fixtures/run-command.ts';

const file = 'tests/fixtures/environment_airq_measurand.csv';
const columns = 'TimeInstant,id_entity,so2,no2,co,o3,pm10,pm2_5';

let database: TestDatabase;
let client: pg.Client;

before(async () => {
  database = await createTestDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});

after(async () => {
  await client.end();
  await database.drop();
});

const seed = (urlMeasurements: string, ...args: string[]) =>
  runNode(['prisma/seed.ts', ...args], { DATABASE_URL: database.url, URL_MEASUREMENTS: urlMeasurements });

/** Rows as text, in the file's own forms, so that equal means equal to the last digit. */
async function storedRows(): Promise<string[][]> {
  const { rows } = await client.query({
    text: `SELECT to_char("TimeInstant" AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS'), id_entity, so2, no2, co, o3, pm10, pm2_5
           FROM environment_airq_measurand ORDER BY "TimeInstant", id_entity`,
    rowMode: 'array',
  });
  return rows;
}

async function datasetVersion(): Promise<string> {
  return (await client.query('SELECT version FROM dataset')).rows[0].version;
}

async function clear(): Promise<void> {
  await client.query('TRUNCATE environment_airq_measurand; TRUNCATE import; TRUNCATE station');
}

describe('the reference file', () => {
  test('loads as 960 measurements, every value and time numerically identical', async () => {
    const { code, stdout } = await seed(file);
    assert.equal(code, 0);
    assert.match(stdout, /960 lines.*: 960 new, 0 updated, 0 unchanged, 0 rejected/);
    const expected = (await readFile(file, 'utf8'))
      .split('\n')
      .slice(1)
      .map((line) => line.split(','));
    const stored = await storedRows();
    assert.equal(stored.length, 960);
    const byKey = new Map(stored.map((row) => [`${row[0]} ${row[1]}`, row]));
    for (const [time, station, ...values] of expected) {
      const row = byKey.get(`${time} ${station}`);
      assert.ok(row, `${time} ${station} is stored`);
      assert.deepEqual(row.slice(2), values.map(Number));
    }
  });

  test('twice leaves the same rows and the same dataset version', async () => {
    const [rows, version] = [await storedRows(), await datasetVersion()];
    const { code, stdout } = await seed(file);
    assert.equal(code, 0);
    assert.match(stdout, /0 new, 0 updated, 960 unchanged, 0 rejected/);
    assert.deepEqual(await storedRows(), rows);
    assert.equal(await datasetVersion(), version);
  });

  test('creates its stations and writes what it did to the ledger', async () => {
    const stations = await client.query('SELECT id FROM station ORDER BY id');
    assert.equal(stations.rowCount, 10);
    const { rows } = await client.query('SELECT * FROM import ORDER BY id');
    assert.equal(rows.length, 2);
    assert.equal(rows[0].source, file);
    assert.match(rows[0].sha256, /^[0-9a-f]{64}$/);
    assert.equal(rows[0].rows_read, '960');
    assert.equal(rows[0].rows_inserted, '960');
    assert.equal(rows[1].rows_unchanged, '960');
    assert.equal(rows[0].first_time_instant.toISOString(), '2016-10-01T00:00:00.004Z');
    assert.equal(rows[0].last_time_instant.toISOString(), '2016-10-01T23:45:00.031Z');
    assert.ok(rows[0].finished_at >= rows[0].started_at);
  });

  test('comes from an http URL just as well, its credentials and query kept out of the ledger', async () => {
    await clear();
    const content = await readFile(file);
    const seen: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.setHeader('content-length', content.length).end(content);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { code, stderr } = await seed(`http://operator:secret@127.0.0.1:${port}/air.csv?token=hidden`);
    server.close();
    assert.equal(code, 0, stderr);
    assert.equal((await storedRows()).length, 960);
    assert.deepEqual(seen, [`Basic ${Buffer.from('operator:secret').toString('base64')}`]);
    const { rows } = await client.query('SELECT source FROM import');
    assert.equal(rows[0].source, `http://127.0.0.1:${port}/air.csv`);
    assert.doesNotMatch(stderr, /secret|hidden/);
  });

  test('is recognised when compressed, whatever its name says', async (context) => {
    const content = await readFile(file);
    for (const [name, packed] of Object.entries({
      gzip: gzipSync(content),
      zstd: zstdCompressSync(content),
    })) {
      await context.test(name, async () => {
        await clear();
        const server = createServer((_, response) => response.end(packed)).listen(0, '127.0.0.1');
        await once(server, 'listening');
        const { code, stderr } = await seed(
          `http://127.0.0.1:${(server.address() as AddressInfo).port}/air.csv`,
        );
        server.close();
        assert.equal(code, 0, stderr);
        assert.equal((await storedRows()).length, 960);
      });
    }
  });
});

describe('a source that cannot be loaded', () => {
  const serve = async (body: string, status = 200) => {
    const server = createServer((_, response) => response.writeHead(status).end(body)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const result = await seed(`http://127.0.0.1:${(server.address() as AddressInfo).port}/bad.csv`);
    server.close();
    return result;
  };
  const good = '2016-10-01 00:00:00.004,aq_good,1,2,3,4,5,6';

  const badLines: Record<string, { line: string; says: RegExp }> = {
    'too few fields': {
      line: '2016-10-01 00:15:00,aq_x,1,2,3',
      says: /line 3, field o3: .*accepted: 8 fields .*not 5/,
    },
    'too many fields': { line: `${good},7`, says: /line 3: .*accepted: 8 fields .*not 9/ },
    'a quotation mark that is not closed': {
      line: '2016-10-01,aq_x,"1,2,3,4,5,6',
      says: /line 3: .*quotation marks/,
    },
    'text after a closing quotation mark': {
      line: '2016-10-01,aq_x,"1"0,2,3,4,5,6',
      says: /line 3: .*quotation marks/,
    },
    'a word for a time': {
      line: 'yesterday,aq_x,1,2,3,4,5,6',
      says: /line 3, field TimeInstant: found "yesterday"; accepted: a date and time/,
    },
    'a day that does not exist': {
      line: '2016-02-30,aq_x,1,2,3,4,5,6',
      says: /line 3, field TimeInstant: found "2016-02-30"/,
    },
    'a year before 1900': {
      line: '0201-06-10 00:00:00,aq_x,1,2,3,4,5,6',
      says: /line 3, field TimeInstant: .*from 1900 to 2199/,
    },
    'no time': { line: ',aq_x,1,2,3,4,5,6', says: /line 3, field TimeInstant: found nothing/ },
    'no station': { line: '2016-10-01,,1,2,3,4,5,6', says: /line 3, field id_entity: found nothing/ },
    'a station id with a space': {
      line: '2016-10-01,aq x,1,2,3,4,5,6',
      says: /line 3, field id_entity: found "aq x"; accepted: 1 to 64 letters/,
    },
    'a word for a number': {
      line: '2016-10-01,aq_x,1,2,3,4,high,6',
      says: /line 3, field pm10: found "high"; accepted: a number from -20 to 10000 \(µg\/m³\), or nothing/,
    },
    NaN: { line: '2016-10-01,aq_x,NaN,2,3,4,5,6', says: /line 3, field so2: found "NaN"/ },
    infinity: {
      line: '2016-10-01,aq_x,1,2,Infinity,4,5,6',
      says: /line 3, field co: found "Infinity"; .*mg\/m³/,
    },
    'a number beyond any double': {
      line: '2016-10-01,aq_x,1,2,1e999,4,5,6',
      says: /line 3, field co: found "1e999"/,
    },
    'an implausible value': {
      line: '2016-10-01,aq_x,1,2,3,99999,5,6',
      says: /line 3, field o3: found "99999"; accepted: a number from -20 to 1500/,
    },
  };

  for (const [name, { line, says }] of Object.entries(badLines)) {
    test(`${name}: says which line and field, and what is accepted; nothing is loaded`, async () => {
      const before = [await storedRows(), await datasetVersion()];
      const { code, stderr } = await serve(
        `${columns}\n${good}\n${line}\n2016-10-01 00:30:00,aq_good,1,2,3,4,5,6`,
      );
      assert.equal(code, 1);
      assert.match(stderr, says);
      assert.match(stderr, /1 of 3 lines are not accepted; nothing was loaded/);
      assert.deepEqual([await storedRows(), await datasetVersion()], before);
    });
  }

  const badSources: Record<string, { body: string; says: RegExp }> = {
    'an unknown column': {
      body: `${columns},pm1\n${good},1`,
      says: /Line 1: the header has an unknown column "pm1"/,
    },
    'no time column': {
      body: 'id_entity,so2\naq_x,1',
      says: /Line 1: the header has no column for the time, such as "TimeInstant"/,
    },
    'a column twice': { body: 'TimeInstant,id_entity,so2,so2\n', says: /names the column "so2" twice/ },
    'no pollutant': { body: 'TimeInstant,id_entity\n', says: /names no pollutant/ },
    'nothing at all': { body: '', says: /is empty/ },
  };
  for (const [name, { body, says }] of Object.entries(badSources)) {
    test(`${name} in the header is told with what is accepted`, async () => {
      const { code, stderr } = await serve(body);
      assert.equal(code, 1);
      assert.match(stderr, says);
    });
  }

  test('a record that never ends is refused before it fills the memory', async () => {
    const { code, stderr } = await serve(`${columns}\n${good}\n2016-10-01,aq_x,"${'1\n'.repeat(2_000_000)}`);
    assert.equal(code, 1);
    assert.match(stderr, /Line 3: the record that begins here does not end within 1 MiB/);
  });

  test('an http status other than success, an absent server and an absent file are told', async () => {
    const answered = await serve('gone', 410);
    assert.equal(answered.code, 1);
    assert.match(answered.stderr, /answers 410/);
    assert.match((await seed('http://127.0.0.1:1/air.csv')).stderr, /does not answer/);
    assert.match((await seed('no/such/file.csv')).stderr, /no\/such\/file.csv does not exist/);
  });

  test('a transfer that breaks off loads nothing', async () => {
    const rows = await storedRows();
    const server = createServer((_, response) => {
      response.writeHead(200, { 'content-length': 1_000_000 }).write(`${columns}\n${good}\n`);
      setTimeout(() => response.destroy(), 100);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { code, stderr } = await seed(`http://127.0.0.1:${(server.address() as AddressInfo).port}/air.csv`);
    server.close();
    assert.equal(code, 1);
    assert.match(stderr, /broke off/);
    assert.deepEqual(await storedRows(), rows);
  });

  test('wrong options exit with 2 and show the usage', async () => {
    for (const args of [['--stations', '0'], ['--days', 'many'], ['--nonsense'], ['word']]) {
      const { code, stderr } = await seed('', ...args);
      assert.equal(code, 2, args.join(' '));
      assert.match(stderr, /Usage: npx prisma db seed/);
    }
  });
});

describe('what a file may do', () => {
  const load = async (body: string | Buffer) => {
    await clear();
    const server = createServer((_, response) => response.end(body)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const result = await seed(`http://127.0.0.1:${(server.address() as AddressInfo).port}/file.csv`);
    server.close();
    assert.equal(result.code, 0, result.stderr);
    return storedRows();
  };
  const expected = [['2016-10-01 00:00:00.004', 'aq_a', 1.5, null, 3, null, null, 6]];

  const variants: Record<string, string> = {
    'columns in another order, some left out':
      'pm2_5,id_entity,co,so2,TimeInstant\n6,aq_a,3,1.5,2016-10-01 00:00:00.004',
    'CRLF line ends': `${columns}\r\n2016-10-01 00:00:00.004,aq_a,1.5,,3,,,6\r\n`,
    'a byte order mark': `\uFEFF${columns}\n2016-10-01 00:00:00.004,aq_a,1.5,,3,,,6`,
    'ISO 8601 times with an offset': `${columns}\n2016-10-01T02:00:00.004+02:00,aq_a,1.5,,3,,,6`,
    'quoted fields': `"${columns.replaceAll(',', '","')}"\n"2016-10-01 00:00:00.004","aq_a","1.5","","3","","","6"`,
    'spaces around values': `${columns}\n 2016-10-01 00:00:00.004 , aq_a ,1.5 ,  , 3,,,6`,
    'empty lines': `${columns}\n\n2016-10-01 00:00:00.004,aq_a,1.5,,3,,,6\n\n\n`,
    'the same measurement twice: the later line counts': `${columns}\n2016-10-01 00:00:00.004,aq_a,9,9,9,9,9,9\n2016-10-01 00:00:00.004,aq_a,1.5,,3,,,6`,
  };
  for (const [name, body] of Object.entries(variants)) {
    test(name, async () => assert.deepEqual(await load(body), expected));
  }

  test('years far apart make only the months they need', async () => {
    await load(`${columns}\n1900-01-01 00:00:00,aq_a,1,,,,,\n2199-12-31 23:59:59.999,aq_a,2,,,,,`);
    const { rows } = await client.query(
      "SELECT count(*) FROM pg_class WHERE relname ~ 'measurand_(19|21)\\d\\d_\\d\\d$'",
    );
    assert.equal(rows[0].count, '2');
  });

  test('a changed value is updated, and only that is counted', async () => {
    await load(`${columns}\n2016-10-01 00:00:00,aq_a,1,2,,,,\n2016-10-01 00:15:00,aq_a,1,2,,,,`);
    const server = createServer((_, response) =>
      response.end(
        `${columns}\n2016-10-01 00:00:00,aq_a,1,2,,,,\n2016-10-01 00:15:00,aq_a,1,7,,,,\n2016-11-01 00:00:00,aq_b,5,,,,,`,
      ),
    ).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { stdout } = await seed(`http://127.0.0.1:${(server.address() as AddressInfo).port}/file.csv`);
    server.close();
    assert.match(stdout, /3 lines.*: 1 new, 1 updated, 1 unchanged, 0 rejected/);
    assert.deepEqual(
      (await storedRows()).map((row) => row[3]),
      [2, 7, null],
    );
  });
});

test('`prisma db seed` runs it with the options after --', async () => {
  await clear();
  const { code, stdout, stderr } = await runNode(
    ['node_modules/prisma/build/index.js', 'db', 'seed', '--', '--stations', '3', '--days', '2'],
    { DATABASE_URL: database.url },
  );
  assert.equal(code, 0, stderr);
  assert.match(stdout, /simulation: 576 lines/);
});
