import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { createImportBench, type ImportBench } from '../fixtures/import-command.ts';

const header = 'TimeInstant,id_entity,no2,o3';
const first = `${header}\n2016-10-01 00:00:00,s1,1,1\n2016-10-01 00:15:00,s1,2,2\n`;
const second = `${header}\n2016-10-01 00:15:00,s1,9,2\n2016-10-01 00:30:00,s1,3,3\n2016-10-01 00:00:00,s1,1,1\n`;

let bench: ImportBench;

before(async () => {
  bench = await createImportBench();
});
beforeEach(() => bench.clear());
after(() => bench.close());

describe('a measurement that is there and differs', () => {
  test('is updated by default; equal ones are counted as unchanged', async () => {
    await bench.load(first);
    const { stdout } = await bench.load(second);
    assert.match(stdout, /1 new, 1 updated, 1 unchanged, 0 rejected/);
    assert.deepEqual((await bench.stored())[1], '2016-10-01T00:15:00.000Z s1 no2=9 o3=2');
  });

  test('stays with --on-conflict keep, also against an earlier line of the same file', async () => {
    await bench.load(first);
    const { stdout } = await bench.load(`${second}2016-10-01 00:30:00,s1,7,7\n`, '--on-conflict', 'keep');
    assert.match(stdout, /1 new, 0 updated, 3 unchanged, 0 rejected/);
    assert.deepEqual((await bench.stored()).slice(1), [
      '2016-10-01T00:15:00.000Z s1 no2=2 o3=2',
      '2016-10-01T00:30:00.000Z s1 no2=3 o3=3',
    ]);
  });

  test('ends the import with --on-conflict fail, which names it and loads nothing', async () => {
    await bench.load(first);
    const before = await bench.state();
    const { code, stderr } = await bench.load(second, '--on-conflict', 'fail');
    assert.equal(code, 1);
    assert.match(
      stderr,
      /1 measurements differ from what is there; nothing was loaded.\n {2}line 2: s1 at 2016-10-01T00:15:00.000Z/,
    );
    assert.equal(await bench.state(), before);
  });

  test('keeps the pollutants that the file does not have', async () => {
    await bench.load(first);
    await bench.load('TimeInstant,id_entity,pm10\n2016-10-01 00:00:00,s1,5\n');
    assert.equal((await bench.stored())[0], '2016-10-01T00:00:00.000Z s1 no2=1 o3=1 pm10=5');
  });
});

describe('the same bytes again', () => {
  test('are recognised and nothing is done, until --again', async () => {
    await bench.load(first);
    const before = await bench.state();
    const again = await bench.load(first);
    assert.equal(again.code, 0);
    assert.match(again.stdout, /loaded before as import \d+ on .*; nothing done/);
    assert.equal(await bench.state(), before);
    assert.match((await bench.load(first, '--again')).stdout, /0 new, 0 updated, 2 unchanged/);
  });

  test('read in another way are another load', async () => {
    await bench.load(first);
    assert.match((await bench.load(first, '--timezone', '+01:00')).stdout, /2 new, 0 updated/);
  });
});

describe('--check', () => {
  test('says what would happen, rejected lines included, and changes nothing', async () => {
    await bench.load(first);
    const before = await bench.state();
    const { code, stdout, stderr } = await bench.load(`${second}2016-10-01 00:45:00,s1,high,1\n`, '--check');
    assert.equal(code, 0);
    assert.match(stdout, /4 lines.*: 1 new, 1 updated, 1 unchanged, 1 rejected would be the outcome/);
    assert.match(stderr, /line 5, field no2: found "high"/);
    assert.equal(await bench.state(), before);
  });
});

describe('rejected lines', () => {
  const lines = (good: number, bad: number) =>
    `${header}\n${Array.from({ length: good }, (_, i) => `2016-10-01 00:00:${String(i).padStart(2, '0')},s1,1,1\n`).join('')}${'2016-10-01 01:00:00,s1,x,1\n'.repeat(bad)}`;

  test('up to 10 % of the lines do not hold up the others', async () => {
    const { code, stdout, stderr } = await bench.load(lines(9, 1));
    assert.equal(code, 0);
    assert.match(stdout, /9 new, 0 updated, 0 unchanged, 1 rejected/);
    assert.match(stderr, /1 lines were not accepted:\n {2}line 11, field no2: found "x"/);
  });

  test('beyond that nothing loads; --max-rejects sets another limit, a number or a share', async () => {
    const before = await bench.state();
    assert.equal((await bench.load(lines(8, 1))).code, 1);
    assert.equal((await bench.load(lines(9, 1), '--max-rejects', '0')).code, 1);
    assert.equal((await bench.load(lines(9, 1), '--max-rejects', '9.9%')).code, 1);
    assert.equal(await bench.state(), before);
    assert.equal((await bench.load(lines(1, 5), '--max-rejects', '5')).code, 0);
    assert.equal((await bench.load(lines(1, 1), '--max-rejects', 'some')).code, 2);
  });

  test('are written to --rejects, broken lines of every kind, also when nothing loads', async () => {
    const path = join(bench.folder, 'rejects.csv');
    const { code } = await bench.load(
      `${header}\n2016-10-01 00:00:00,s1,x,1\n2016-10-01 00:00:00,s1\n"2016-10-01 00:00:00,s1,1,1\n2016-10-01 00:15:00,s1,1,1\n`,
      '--rejects',
      path,
    );
    assert.equal(code, 1);
    const [head, ...rows] = (await readFile(path, 'utf8')).trimEnd().split('\n');
    assert.equal(head, 'line,field,value,reason');
    assert.deepEqual(
      rows.map((row) => row.split(',').slice(0, 2)),
      [
        ['2', 'no2'],
        ['3', 'no2'],
        ['4', ''],
      ],
    );
  });

  test('are in the ledger: `measurement-app imports --json`', async () => {
    await bench.load(lines(9, 1));
    const { stdout } = await bench.run(['imports', '--json']);
    const [entry] = JSON.parse(stdout);
    assert.equal(entry.rowsRead, 10);
    assert.equal(entry.rowsRejected, 1);
    assert.equal(entry.rejections[0].line, 11);
    assert.equal(entry.rejections[0].field, 'no2');
    assert.match((await bench.run(['imports'])).stdout, /9 new, 0 updated, 0 unchanged, 1 rejected {2}by /);
  });

  test('are those of unknown stations with --strict', async () => {
    await bench.load(first);
    const { stdout, stderr } = await bench.load(
      `${header}\n2016-10-02 00:00:00,s1,1,1\n2016-10-02 00:00:00,s2,1,1\n`,
      '--strict',
      '--max-rejects',
      '50%',
    );
    assert.match(stdout, /1 new, 0 updated, 0 unchanged, 1 rejected/);
    assert.match(stderr, /line 3, field id_entity: found "s2"; accepted: a station that exists already/);
  });
});
