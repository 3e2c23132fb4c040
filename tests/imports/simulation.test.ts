import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { simulatedStations } from '../../src/imports/simulated-stations.ts';
import { simulate } from '../../src/imports/simulation.ts';
import { pollutants } from '../../src/measurements/pollutants.ts';

async function simulation(stations: number, days: number): Promise<string> {
  let text = '';
  for await (const part of simulate({ stations: simulatedStations(stations), days })) text += part;
  return text;
}

const rowsOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','));

test('is the same on every machine and every day: 10 stations, 90 days, to the byte', async () => {
  const text = await simulation(10, 90);
  assert.equal(rowsOf(text).length, 86_400);
  assert.equal(
    createHash('sha256').update(text).digest('hex'),
    'c6574f2198830aa640aca1a494dd00fbb88c3e0fa9db42f70caba41999774288',
  );
});

test('a longer or wider simulation holds the shorter one unchanged', async () => {
  const wide = new Set((await simulation(12, 4)).split('\n'));
  for (const line of (await simulation(3, 2)).trimEnd().split('\n')) assert.ok(wide.has(line), line);
});

test('has distinct named stations on the map', () => {
  const stations = simulatedStations(300);
  assert.equal(new Set(stations.map(({ id }) => id)).size, 300);
  for (const { id, latitude, longitude } of stations) {
    assert.match(id, /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$/);
    assert.ok(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180);
  }
});

test('steps are 15 minutes with jitter below 60 ms, and every value is plausible', async () => {
  const ranges = pollutants.map(({ plausibleRange }) => plausibleRange);
  for (const [time = '', , ...values] of rowsOf(await simulation(10, 30))) {
    const jitter = Date.parse(`${time.replace(' ', 'T')}Z`) % 900_000;
    assert.ok(jitter >= 0 && jitter < 60, time);
    for (const [index, [minimum, maximum] = [0, 0]] of ranges.entries()) {
      const value = values[index];
      if (value !== '') assert.ok(Number(value) >= minimum && Number(value) <= maximum, `${value}`);
    }
  }
});

test('shows rush hours, quiet weekends, winter heating, summer ozone, gaps and episodes', async () => {
  const rows = rowsOf(await simulation(10, 365)).map(([time = '', id, ...values]) => {
    const instant = new Date(`${time.replace(' ', 'T')}Z`);
    const [so2, no2, co, o3, pm10, pm2_5] = values.map((value) => (value === '' ? null : Number(value)));
    return { instant, id, so2, no2, co, o3, pm10, pm2_5 };
  });
  type Row = (typeof rows)[number];
  const mean = (pollutant: 'so2' | 'no2' | 'o3' | 'pm2_5', keep: (row: Row) => boolean) => {
    const values = rows
      .filter(keep)
      .map((row) => row[pollutant])
      .filter((value) => typeof value === 'number');
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  const hour = (row: Row) => row.instant.getUTCHours();
  const weekend = (row: Row) => [0, 6].includes(row.instant.getUTCDay());
  const month = (row: Row) => row.instant.getUTCMonth();

  assert.ok(mean('no2', (row) => hour(row) === 8) > 2 * mean('no2', (row) => hour(row) === 3), 'rush hour');
  assert.ok(mean('no2', weekend) < 0.85 * mean('no2', (row) => !weekend(row)), 'weekend');
  assert.ok(mean('so2', (row) => month(row) === 0) > 1.2 * mean('so2', (row) => month(row) === 6), 'heating');
  assert.ok(
    mean('o3', (row) => month(row) === 6) > 1.2 * mean('o3', (row) => month(row) === 0),
    'summer ozone',
  );

  const empty = rows.filter((row) => row.no2 === null).length / rows.length;
  assert.ok(empty > 0.002 && empty < 0.03, `gaps: ${empty}`);

  const daily = new Map<string, number[]>();
  for (const { instant, pm2_5 } of rows) {
    const day = instant.toISOString().slice(0, 10);
    if (pm2_5 != null) daily.set(day, [...(daily.get(day) ?? []), pm2_5]);
  }
  const averages = [...daily.values()].map(
    (values) => values.reduce((sum, value) => sum + value) / values.length,
  );
  const typical = averages.toSorted((a, b) => a - b)[Math.floor(averages.length / 2)] ?? 0;
  const episodes = averages.filter((average) => average > 1.5 * typical).length;
  assert.ok(episodes >= 10 && episodes <= 120, `episodes: ${episodes} days above 1.5 x ${typical}`);
});
