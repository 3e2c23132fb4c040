import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { Client } from 'pg';
import type { Manifest } from '../../src/backups/manifest.ts';
import { createPool } from '../../src/database/pool.ts';
import { type InstalledPostgresql, startInstalledPostgresql } from '../fixtures/installed-postgresql.ts';
import { insertMeasurements } from '../fixtures/measurements.ts';
import { startMockS3 } from '../fixtures/mock-s3.ts';
import { commandLine } from '../fixtures/required-tool.ts';
import { runNode } from '../fixtures/run-command.ts';

const run = promisify(execFile);
const passphrase = 'correct horse battery staple';

/** Everything of a database that a restore must bring back, as one digest. */
const contentSql = (upTo: string) => `
  select md5(string_agg(line, E'\\n' order by line collate "C")) from (
    select 'm ' || m::text as line from environment_airq_measurand m
      where id_entity <> 'aq_load' or "TimeInstant" < '2020-01-01Z'::timestamptz + ${upTo} * interval '1 s'
    union all select 's ' || s::text from station s
    union all select 'k ' || k::text from api_key k
    union all select 'i ' || i::text from import i
  ) content`;

describe('restore drill', () => {
  let server: InstalledPostgresql;
  let folder: string;
  let environment: Record<string, string>;

  before(async () => {
    server = await startInstalledPostgresql();
    folder = await mkdtemp(join(tmpdir(), 'measurement-backups-'));
    environment = {
      PATH: `${server.programs}${delimiter}${process.env.PATH}`,
      DATABASE_URL: server.url('measurement'),
      BACKUP_TARGET: folder,
      BACKUP_KEEP: '3',
    };
    await server.createMigratedDatabase('measurement');
    const pool = createPool({ url: server.url('measurement'), size: 1, connectTimeoutMs: 5_000 });
    await insertMeasurements(pool, 5_000);
    await pool.query(
      `insert into station (id, name) values ('aq_load', 'Load');
       select measurement_partitions_ensure('2020-01-01Z', '2020-01-02Z');
       insert into api_key (name, prefix, hash, scopes, created_by) values ('k', 'p', '\\x00ff', '{read}', 'drill');
       insert into import (source, imported_by) values ('file', 'drill')`,
    );
    await pool.end();
  });
  after(async () => {
    await server?.stop();
    if (folder) await rm(folder, { recursive: true });
  });

  const cli = (args: readonly string[], extra: Record<string, string> = {}) =>
    runNode(['src/cli.ts', ...args], { ...environment, ...extra });
  const names = async () => (await readdir(folder)).filter((name) => !name.endsWith('.json')).sort();
  const manifestOf = async (name: string) =>
    JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8')) as Manifest;

  it('a backup under load, a database that is dropped, a restore: every row and the version as in the snapshot', async () => {
    const [[versionBefore]] = (await server.query('measurement', 'select version from dataset')) as [
      [string],
    ];
    // One row a statement, one version a row: the version says which rows there were.
    const load = startLoad(server.url('measurement'));
    await load.running;
    const backup = await cli(['backup']);
    const written = await load.stop();
    assert.equal(backup.code, 0, backup.stderr);
    const [name = ''] = await names();
    const manifest = await manifestOf(name);
    const upTo = BigInt(manifest.datasetVersion) - BigInt(versionBefore);
    assert.ok(
      upTo > 0n && upTo < written,
      `${upTo} of ${written} rows were there: the backup was under load`,
    );
    const expected = await server.query('measurement', contentSql(String(upTo)));

    await server.query('postgres', 'drop database measurement with (force)');
    const restore = await cli(['restore']);
    assert.equal(restore.code, 0, restore.stderr);
    assert.match(restore.stdout, /^restored measurement-\S+\.dump: \d+ measurements at version \d+/);
    assert.deepEqual(await server.query('measurement', contentSql('1e9')), expected);
    assert.deepEqual(await server.query('measurement', 'select version from dataset'), [
      [manifest.datasetVersion],
    ]);
    // It is alive: triggers, sequences and partitions are there.
    await server
      .query(
        'measurement',
        `select measurement_partitions_ensure('2021-01-01Z', '2021-01-02Z');
       insert into environment_airq_measurand ("TimeInstant", id_entity) values ('2021-01-01Z', 'aq_load');
       insert into import (source, imported_by) values ('later', 'drill')`,
      )
      .catch((error) => assert.fail(error));
    const [[versionAfter]] = (await server.query('measurement', 'select version from dataset')) as [[string]];
    assert.equal(BigInt(versionAfter), BigInt(manifest.datasetVersion) + 1n);
  });

  it('refuses a database that holds something, and replaces it only when told', async () => {
    const refused = await cli(['restore']);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /The database measurement is not empty\.\n.*--replace/);
    const before = await server.query('measurement', contentSql('1e9'));
    const replaced = await cli(['restore', '--replace']);
    assert.equal(replaced.code, 0, replaced.stderr);
    const manifest = await manifestOf((await names())[0] ?? '');
    assert.deepEqual(await server.query('measurement', 'select version from dataset'), [
      [manifest.datasetVersion],
    ]);
    const [, former = ''] = /what was there before is the database (\w+) now/.exec(replaced.stdout) ?? [];
    assert.deepEqual(await server.query(former, contentSql('1e9')), before);
  });

  it('encrypts, so that only the passphrase opens it, here and with the age program', async () => {
    const { code, stdout, stderr } = await cli(['backup'], { BACKUP_PASSPHRASE: passphrase });
    assert.equal(code, 0, stderr);
    assert.match(stdout, /\.dump\.age: .* encrypted/);
    const name = (await names()).find((each) => each.endsWith('.age')) ?? '';
    const stored = await readFile(join(folder, name));
    assert.ok(stored.subarray(0, 21).equals(Buffer.from('age-encryption.org/v1')));
    assert.ok(!stored.includes('PGDMP'));
    assert.equal((await stat(join(folder, name))).mode & 0o077, 0, 'only its owner may read it');
    assert.match((await cli(['verify', name])).stderr, /BACKUP_PASSPHRASE is needed/);
    const wrong = await cli(['verify', name], { BACKUP_PASSPHRASE: 'another passphrase' });
    assert.match(wrong.stderr, /does not open with BACKUP_PASSPHRASE/);
    const right = await cli(['verify', name], { BACKUP_PASSPHRASE: passphrase });
    assert.equal(right.code, 0, right.stderr);
    const restored = await cli(['restore', name], {
      BACKUP_PASSPHRASE: passphrase,
      DATABASE_URL: server.url('elsewhere'),
    });
    assert.equal(restored.code, 0, restored.stderr);
    assert.deepEqual(
      await server.query('elsewhere', contentSql('1e9')),
      await server.query('measurement', contentSql('1e9')),
    );
    // What is stored outlives this program. age asks a terminal for the passphrase; `script` is one.
    const age = await commandLine('age', 'apt-get install age');
    const plain = join(folder, 'plain');
    await run('bash', [
      '-c',
      `(sleep 1; echo '${passphrase}') | script --quiet --return --command "${age} --decrypt --output ${plain} ${join(folder, name)}" /dev/null`,
    ]);
    assert.equal((await readFile(plain)).subarray(0, 5).toString(), 'PGDMP');
    await rm(plain);
  });

  it('backs up to a bucket (a mock of S3) and restores from it, encrypted on the way', async () => {
    const s3 = await startMockS3();
    const bucket = {
      BACKUP_S3_ENDPOINT: s3.endpoint,
      BACKUP_TARGET: 's3://bucket/air',
      BACKUP_PASSPHRASE: passphrase,
      AWS_ACCESS_KEY_ID: 'key',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_REGION: 'us-east-1',
    };
    for (const args of [['backup'], ['verify'], ['restore']]) {
      const { code, stderr } = await cli(args, {
        ...bucket,
        ...(args[0] === 'restore' && { DATABASE_URL: server.url('from_bucket') }),
      });
      assert.equal(code, 0, `${args}: ${stderr}`);
    }
    assert.equal([...s3.objects.keys()].filter((key) => key.startsWith('bucket/air/measurement-')).length, 2);
    await s3.close();
    assert.deepEqual(
      await server.query('from_bucket', contentSql('1e9')),
      await server.query('measurement', contentSql('1e9')),
    );
  });

  it('verify notices a single changed byte, a missing piece and a missing file', async () => {
    const name = (await names()).find((each) => each.endsWith('.dump')) ?? '';
    const path = join(folder, name);
    const sound = await readFile(path);
    assert.equal((await cli(['verify', name])).code, 0);
    const changed = Buffer.from(sound);
    changed[changed.length >> 1] = (changed[changed.length >> 1] ?? 0) ^ 1;
    await writeFile(path, changed);
    assert.match((await cli(['verify', name])).stderr, /is damaged: it is not what was stored/);
    assert.match((await cli(['restore', name, '--replace'])).stderr, /is damaged/);
    await writeFile(path, sound.subarray(0, sound.length - 100));
    assert.match((await cli(['verify', name])).stderr, /is damaged/);
    await rm(path);
    assert.match((await cli(['verify', name])).stderr, /There is no measurement-/);
    await writeFile(path, sound);
    assert.equal((await cli(['verify', name])).code, 0);
    assert.match((await cli(['verify', '../../etc/passwd'])).stderr, /is not the name of a backup/);
  });

  it('keeps the newest, and leaves alone what is not its own', async () => {
    await writeFile(join(folder, 'notes.txt'), 'mine');
    // What a backup that was killed has left: old enough to be swept up, and not.
    await writeFile(join(folder, 'measurement-20200101T000000000Z.dump'), 'half');
    for (let count = 0; count < 3; count++) assert.equal((await cli(['backup'])).code, 0);
    const kept = await readdir(folder);
    assert.equal(kept.filter((name) => name.endsWith('.dump')).length, 3);
    assert.equal(kept.filter((name) => name.endsWith('.json')).length, 3);
    assert.ok(kept.includes('notes.txt') && !kept.includes('measurement-20200101T000000000Z.dump'));
  });

  it('a backup that fails leaves nothing behind, and says why', async () => {
    const earlier = await readdir(folder);
    await writeFile(
      join(folder, 'pg_dump'),
      '#!/bin/sh\nprintf PGDMP; sleep 0.2; echo "pg_dump: error: server version mismatch" >&2; exit 1\n',
      {
        mode: 0o755,
      },
    );
    const { code, stderr } = await cli(['backup'], { PATH: `${folder}${delimiter}${environment.PATH}` });
    assert.equal(code, 1);
    assert.match(stderr, /server version mismatch\npg_dump must not be older than the server/);
    await rm(join(folder, 'pg_dump'));
    assert.deepEqual(await readdir(folder), earlier);
    const missing = await cli(['backup'], { PATH: '/nowhere' });
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /pg_dump is not installed\.\n.*apt-get install postgresql-client/);
  });
});

/** Inserts a row of `aq_load` a second of 2020, one a statement, until it is stopped. */
function startLoad(url: string) {
  let stopping = false;
  let written = 0n;
  let started = () => {};
  const running = new Promise<void>((resolve) => {
    started = resolve;
  });
  const done = (async () => {
    const client = new Client({ connectionString: url });
    await client.connect();
    while (!stopping) {
      await client.query(
        `insert into environment_airq_measurand ("TimeInstant", id_entity, no2)
         values ('2020-01-01Z'::timestamptz + $1 * interval '1 s', 'aq_load', random())`,
        [String(written)],
      );
      written += 1n;
      if (written === 20n) started();
    }
    await client.end();
  })();
  return {
    running,
    async stop() {
      stopping = true;
      await done;
      return written;
    },
  };
}
