import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { createPool } from '../../src/database/pool.ts';
import {
  type AirQualityIndex,
  categoryOf,
  componentValue,
} from '../../src/measurements/air-quality-index/air-quality-index.ts';
import {
  componentValueSql,
  indexedMeasurementsSql,
} from '../../src/measurements/air-quality-index/index-sql.ts';
import { airQualityIndexes, findAirQualityIndex } from '../../src/measurements/air-quality-index/indexes.ts';
import { readAirQualityIndex } from '../../src/measurements/air-quality-index/read-index.ts';
import { concentrationFactor } from '../../src/measurements/concentration.ts';
import { readExceedances } from '../../src/measurements/exceedances.ts';
import { findLimitValue } from '../../src/measurements/limit-values.ts';
import { selectMeasurements } from '../../src/measurements/selection.ts';
import { bindLiterals } from '../../src/measurements/selection-sql.ts';
import { createTestDatabase } from '../fixtures/database.ts';

describe('Concentrations', () => {
  const known = [
    ['no2', 20, 1.9125],
    ['o3', 20, 1.9953],
    ['so2', 20, 2.6632],
    ['no2', 25, 1.8804],
    ['o3', 25, 1.9619],
    ['so2', 25, 2.6185],
    ['co', 20, 1.1644e-3],
    ['co', 25, 1.1449e-3],
  ] as const;
  for (const [code, celsius, perPpb] of known) {
    it(`of ${code} at ${celsius} °C: ${perPpb} own units a ppb`, () => {
      const factor = concentrationFactor(code, { kind: 'ppb', celsius });
      assert.ok(Math.abs(1 / factor / perPpb - 1) < 1e-4, String(1 / factor));
    });
  }
  it('of particles have no mixing ratio', () => {
    assert.equal(concentrationFactor('pm10', { kind: 'ppb', celsius: 20 }), 1);
  });
});

describe('Air-quality indexes', () => {
  const database = createTestDatabase();
  let pool: ReturnType<typeof createPool>;

  before(async () => {
    pool = createPool({ url: (await database).url, size: 3, connectTimeoutMs: 5_000 });
    await pool.query(
      `insert into station (id, name, timezone) values ('aq_a', 'A', 'Europe/Madrid'), ('aq_b', 'B', 'UTC'), ('aq_empty', 'E', 'UTC')`,
    );
    await pool.query(`select measurement_partitions_ensure('2021-01-01', '2021-02-10')`);
    await pool.query(`select setseed(0.5)`);
    await pool.query(
      `insert into environment_airq_measurand ("TimeInstant", id_entity, so2, no2, co, o3, pm10, pm2_5)
       select instant + floor(random() * 40) * interval '1 ms', id, random() * 400, random() * 300,
         case when random() > 0.3 then random() * 20 end, random() * 300, random() * 200, random() * 100
       from generate_series('2021-01-01'::timestamptz, '2021-01-10'::timestamptz, '15 min') instant, unnest('{aq_a,aq_b}'::text[]) id
       where random() > 0.1`,
    );
  });
  after(async () => {
    await pool.end();
    await (await database).drop();
  });

  const indexAt = (index: AirQualityIndex, pollutant: string, hours: number, value: number, unit: string) => {
    const component = index.components.find(
      (part) => part.pollutant === pollutant && part.averagingHours === hours && part.unit === unit,
    );
    assert.ok(component, `${pollutant} ${hours} h in ${unit}`);
    // Half a unit of the last decimal up: what a conversion of units leaves must not matter here.
    return componentValue(component, (value + 1e-7) / component.factor);
  };

  const examples: [
    index: string,
    pollutant: string,
    hours: number,
    value: number,
    unit: string,
    wanted: number | null,
  ][] = [
    ['us-epa-aqi', 'pm2_5', 24, 0, 'µg/m³', 0],
    ['us-epa-aqi', 'pm2_5', 24, 9.0, 'µg/m³', 50],
    ['us-epa-aqi', 'pm2_5', 24, 9.09, 'µg/m³', 50],
    ['us-epa-aqi', 'pm2_5', 24, 9.1, 'µg/m³', 51],
    ['us-epa-aqi', 'pm2_5', 24, 35.4, 'µg/m³', 100],
    ['us-epa-aqi', 'pm2_5', 24, 35.9, 'µg/m³', 102],
    ['us-epa-aqi', 'pm2_5', 24, 325.4, 'µg/m³', 500],
    ['us-epa-aqi', 'pm2_5', 24, 999, 'µg/m³', 500],
    ['us-epa-aqi', 'pm10', 24, 154.9, 'µg/m³', 100],
    ['us-epa-aqi', 'o3', 8, 0.07, 'ppm', 100],
    ['us-epa-aqi', 'o3', 8, 0.5, 'ppm', 300],
    ['us-epa-aqi', 'o3', 1, 0.124, 'ppm', null],
    ['us-epa-aqi', 'o3', 1, 0.125, 'ppm', 101],
    ['us-epa-aqi', 'so2', 1, 75, 'ppb', 100],
    ['us-epa-aqi', 'so2', 1, 900, 'ppb', 200],
    ['us-epa-aqi', 'so2', 24, 304, 'ppb', null],
    ['us-epa-aqi', 'so2', 24, 605, 'ppb', 301],
    ['us-epa-aqi', 'no2', 1, 100, 'ppb', 100],
    ['us-epa-aqi', 'co', 8, 9.4, 'ppm', 100],
    ['eu-eaqi', 'pm2_5', 1, 5, 'µg/m³', 2],
    ['eu-eaqi', 'pm2_5', 1, 4.9, 'µg/m³', 1],
    ['eu-eaqi', 'o3', 1, 180.1, 'µg/m³', 6],
    ['who-2021', 'pm2_5', 24, 15, 'µg/m³', 100],
    ['who-2021', 'co', 24, 10, 'mg/m³', 250],
  ];
  for (const [id, pollutant, hours, value, unit, wanted] of examples) {
    it(`${id}: ${pollutant} ${value} ${unit} over ${hours} h is ${wanted}`, () => {
      assert.equal(indexAt(findAirQualityIndex(id), pollutant, hours, value, unit), wanted);
    });
  }

  it('includes the upper edge of a European band', () => {
    const [component] = findAirQualityIndex('eu-eaqi').components;
    assert.ok(component);
    assert.deepEqual(
      [5, 5.01].map((value) => componentValue(component, value)),
      [1, 2],
    );
  });

  it('rises with the concentration and always has a category', () => {
    for (const index of airQualityIndexes) {
      for (const component of index.components) {
        let last = 0;
        for (let value = 0; value < 2_000; value += 0.37) {
          const next = componentValue(component, value / component.factor) ?? last;
          assert.ok(next >= last, `${index.id} ${component.pollutant} at ${value}`);
          assert.ok(categoryOf(index, next).name);
          last = next;
        }
      }
    }
  });

  it('is the same in SQL as in JavaScript', async () => {
    const components = airQualityIndexes.flatMap((index) => index.components);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.double({ min: -20, max: 3_000, noNaN: true }), { minLength: 50, maxLength: 50 }),
        async (values) => {
          const columns = components.map((component) => componentValueSql(component, 'value'));
          const { rows } = await pool.query<(number | null)[]>({
            text: `select ${columns.join(', ')} from unnest($1::float8[]) with ordinality u (value, place) order by place`,
            values: [values],
            rowMode: 'array',
          });
          rows.forEach((row, place) => {
            assert.deepEqual(
              row.map((value) => (value === null ? null : Number(value))),
              components.map((component) => componentValue(component, values[place] as number)),
            );
          });
        },
      ),
      { numRuns: 20 },
    );
  });

  it('gives a station the same value beside its measurements as by itself', async () => {
    for (const index of airQualityIndexes) {
      const stations = await readAirQualityIndex(pool, index, { stationIds: null });
      assert.deepEqual(
        stations.map(({ stationId }) => stationId),
        ['aq_a', 'aq_b'],
      );
      const { rows } = await pool.query<Record<string, unknown>>(
        `select distinct on (id_entity) id_entity, "${index.id}" as value
         from ${indexedMeasurementsSql(selectMeasurements({ where: { from: new Date('2021-01-09T20:00Z') } }), [index], bindLiterals)} measurement
         order by id_entity, "TimeInstant" desc`,
      );
      assert.deepEqual(
        rows.map(({ value }) => Number(value)),
        stations.map(({ value }) => value),
      );
      for (const { value, category, pollutant, components } of stations) {
        assert.equal(value, Math.max(...components.map((part) => part.value ?? -1)));
        assert.ok(category !== null && pollutant !== null);
      }
    }
  });

  it('leaves out what was observed too little', async () => {
    const [station] = await readAirQualityIndex(pool, findAirQualityIndex('us-epa-aqi'), {
      stationIds: ['aq_b'],
      at: new Date('2021-01-01T03:00Z'),
    });
    const fullDay = station?.components.filter(({ component }) => component.averagingHours === 24) ?? [];
    assert.ok(
      fullDay.length > 0 &&
        fullDay.every(({ value, concentration }) => value === null && concentration !== null),
    );
    assert.notEqual(station?.value, null);
  });

  it('does not change the measurements of a selection, nor how many they are', async () => {
    const selection = selectMeasurements({
      where: { stationIds: ['aq_a'], from: new Date('2021-01-03T10:00Z'), to: new Date('2021-01-03T12:00Z') },
    });
    const indexed = indexedMeasurementsSql(selection, airQualityIndexes, bindLiterals);
    const { rows } = await pool.query(
      `select "TimeInstant", no2, "us-epa-aqi", "eu-eaqi", "who-2021" from ${indexed} m order by 1`,
    );
    const plain = await pool.query(
      `select "TimeInstant", no2 from environment_airq_measurand where id_entity = 'aq_a'
       and "TimeInstant" >= '2021-01-03T10:00Z' and "TimeInstant" < '2021-01-03T12:00Z' order by 1`,
    );
    assert.deepEqual(
      rows.map(({ TimeInstant, no2 }) => ({ TimeInstant, no2 })),
      plain.rows,
    );
  });

  it('counts the days above a limit value in the time zone of the station, whole days only', async () => {
    await pool.query(`insert into station (id, name, timezone) values ('aq_limit', 'L', 'Europe/Madrid')`);
    await pool.query(
      `insert into environment_airq_measurand ("TimeInstant", id_entity, pm10)
       select instant, 'aq_limit', case when instant < '2021-01-20T23:00Z' then 45 else 46 end
       from generate_series('2021-01-18T23:00Z'::timestamptz, '2021-01-25T08:00Z', '1 hour') instant`,
    );
    const limitValue = findLimitValue('who-2021-pm10-day');
    const [row] = await readExceedances(
      pool,
      selectMeasurements({ where: { stationIds: ['aq_limit'] } }),
      limitValue,
    );
    assert.deepEqual(row, {
      limitValue,
      stationId: 'aq_limit',
      year: 2021,
      validPeriods: 6,
      count: 4,
      exceeded: true,
      maximum: 46,
    });
  });

  it('judges ozone by the greatest 8-hour mean of each day', async () => {
    await pool.query(`insert into station (id, name) values ('aq_ozone', 'O')`);
    await pool.query(
      `insert into environment_airq_measurand ("TimeInstant", id_entity, o3)
       select instant, 'aq_ozone', case when extract(hour from instant) between 12 and 19 then 130 else 20 end
       from generate_series('2021-02-01'::timestamptz, '2021-02-03T23:00Z', '1 hour') instant`,
    );
    const [row] = await readExceedances(
      pool,
      selectMeasurements({ where: { stationIds: ['aq_ozone'] } }),
      findLimitValue('eu-2024-2881-o3-8h'),
    );
    assert.deepEqual([row?.validPeriods, row?.count, row?.maximum, row?.exceeded], [3, 3, 130, false]);
  });

  it('names the indexes and limit values there are', () => {
    assert.throws(() => findAirQualityIndex('aqi'), { code: 'INVALID_ARGUMENT' });
    assert.throws(() => findLimitValue('aqi'), { code: 'INVALID_ARGUMENT' });
  });
});
