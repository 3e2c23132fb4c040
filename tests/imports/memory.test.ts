import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { after, before, test } from 'node:test';
import { simulatedStations } from '../../src/imports/simulated-stations.ts';
import { simulate, stepsPerDay } from '../../src/imports/simulation.ts';
import { createImportBench, type ImportBench } from '../fixtures/import-command.ts';

// TEST_IMPORT_MEGABYTES=1000 makes it the gigabyte that takes minutes.
const megabytes = Number(process.env.TEST_IMPORT_MEGABYTES || 60);
const stations = 20;
const days = Math.ceil((megabytes * 1e6) / (72 * stations * stepsPerDay));

let bench: ImportBench;

before(async () => {
  bench = await createImportBench();
});
after(() => bench.close());

test(`a stream of ${megabytes} MB loads with a heap of 48 MB`, async () => {
  const child = spawn(process.execPath, ['--max-old-space-size=48', 'src/cli.ts', 'import', '-'], {
    env: { ...process.env, DATABASE_URL: bench.url },
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const closed = once(child, 'close');
  await pipeline(simulate({ stations: simulatedStations(stations), days }), child.stdin);
  const [code] = await closed;
  assert.equal(code, 0);
  const { rows } = await bench.client.query('SELECT count(*)::int AS count FROM environment_airq_measurand');
  assert.equal(rows[0].count, stations * days * stepsPerDay);
});
