import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { to as copyTo } from 'pg-copy-streams';
import { createPool } from '../../src/database/pool.ts';
import { parseAveragingInterval } from '../../src/measurements/averaging-interval.ts';
import { type MeasurementArguments, selectMeasurements } from '../../src/measurements/selection.ts';
import { bindLiterals } from '../../src/measurements/selection-sql.ts';
import {
  type PeriodStatistics,
  readStatistics,
  requestStatistics,
  type StatisticsArguments,
  statisticNames,
} from '../../src/measurements/statistics.ts';
import { statisticsColumns, statisticsSql } from '../../src/measurements/statistics-sql.ts';
import { createTestDatabase } from '../fixtures/database.ts';
import { insertMeasurements } from '../fixtures/measurements.ts';

describe('Statistics over periods', () => {
  const database = createTestDatabase();
  let pool: ReturnType<typeof createPool>;

  before(async () => {
    pool = createPool({ url: (await database).url, size: 3, connectTimeoutMs: 5_000 });
    await insertMeasurements(pool, 400);
  });
  after(async () => {
    await pool.end();
    await (await database).drop();
  });

  const read = (
    args: StatisticsArguments,
    which: MeasurementArguments = {},
    options: Partial<Parameters<typeof readStatistics>[3]> = {},
  ) =>
    readStatistics(pool, selectMeasurements(which), requestStatistics(args), { limit: 100_000, ...options });

  /** A station with one value (its own number) each `step` minutes of [from, to). */
  async function station(id: string, zone: string, from: string, to: string, step: number): Promise<void> {
    await pool.query('select measurement_partitions_ensure($1, $2)', [from, to]);
    await pool.query('insert into station (id, name, timezone) values ($1, $1, $2)', [id, zone]);
    await pool.query(
      `insert into environment_airq_measurand ("TimeInstant", id_entity, no2)
       select instant, $1, row_number() over (order by instant)
       from generate_series($2::timestamptz, $3::timestamptz - interval '1 ms', $4 * interval '1 min') instant`,
      [id, from, to, step],
    );
  }

  it('computes every statistic as JavaScript does from the raw rows', async () => {
    const { rows } = await pool.query<{ day: string; id_entity: string; no2: number }>(
      `select to_char("TimeInstant", 'YYYY-MM-DD') as day, id_entity, no2 from environment_airq_measurand
       where no2 is not null`,
    );
    const daily = await read({ interval: '1d' }, { where: { pollutants: ['no2'] } });
    const groups = Map.groupBy(rows, ({ day, id_entity }) => `${day}T00:00:00.000Z ${id_entity}`);
    assert.equal(daily.length, groups.size);
    for (const row of daily) {
      const values = (groups.get(`${row.periodStart} ${row.stationId}`) ?? [])
        .map(({ no2 }) => no2)
        .sort((a, b) => a - b);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
      const quantile = (share: number) => {
        const place = share * (values.length - 1);
        const below = values[Math.floor(place)] as number;
        return below + (place % 1) * ((values[Math.ceil(place)] as number) - below);
      };
      const near = (actual: number | null | undefined, wanted: number) =>
        assert.ok(
          Math.abs((actual as number) - wanted) < 1e-9 * Math.max(1, Math.abs(wanted)),
          `${actual} ${wanted}`,
        );
      near(row.mean, mean);
      near(row.stddev, Math.sqrt(variance));
      near(row.median, quantile(0.5));
      near(row.p95, quantile(0.95));
      near(row.p98, quantile(0.98));
      assert.equal(row.min, values[0]);
      assert.equal(row.max, values.at(-1));
      assert.equal(row.observedCount, values.length);
      assert.equal(row.count, values.length);
    }
  });

  it('gives the same rows by COPY as by reading', async () => {
    for (const order of ['TIME', 'TIME_DESC', 'STATION'] as const) {
      const which = { orderBy: order, where: { pollutants: ['o3', 'pm10'] } } as const;
      const request = requestStatistics({ interval: '8h', timezone: 'Europe/Madrid' });
      const sql = statisticsSql(selectMeasurements(which), request, bindLiterals);
      const client = await pool.connect();
      let text = '';
      for await (const chunk of client.query(
        copyTo(`copy (${sql}) to stdout with (format csv, header true)`),
      )) {
        text += chunk;
      }
      client.release();
      const [header, ...lines] = text.trimEnd().split('\n');
      assert.equal(
        header,
        statisticsColumns(request)
          .map(({ name }) => name)
          .join(','),
      );
      const rows = await read({ interval: '8h', timezone: 'Europe/Madrid' }, which);
      assert.deepEqual(
        lines,
        rows.map((row) =>
          [
            ...[row.periodStart, row.periodEnd, row.stationId, row.pollutant],
            ...statisticNames.map((name) => row[name] ?? ''),
            ...[
              row.expectedCount,
              row.observedCount,
              row.percentComplete,
              row.percentCoverage,
              row.valid ? 't' : 'f',
            ],
          ].join(','),
        ),
      );
    }
  });

  it('agrees with itself: the mean of a day is that of its hours, weighted by their counts', async () => {
    const where = { pollutants: ['pm2_5'] } as const;
    const hours = await read({ interval: '1h', timezone: 'Europe/Madrid' }, { where });
    for (const day of await read({ interval: 'P1D', timezone: 'Europe/Madrid' }, { where })) {
      const within = hours.filter(
        (hour) =>
          hour.stationId === day.stationId &&
          hour.periodStart >= day.periodStart &&
          hour.periodEnd <= day.periodEnd,
      );
      const total = within.reduce((sum, { observedCount }) => sum + observedCount, 0);
      const mean = within.reduce((sum, hour) => sum + (hour.mean as number) * hour.observedCount, 0) / total;
      assert.equal(total, day.observedCount);
      assert.ok(Math.abs(mean - (day.mean as number)) < 1e-9 * mean);
    }
  });

  it('makes local days of 23 and 25 hours when clocks change, and expects as much of them', async () => {
    await station('spring', 'Europe/Madrid', '2020-03-27T23:00Z', '2020-03-30T22:00Z', 15);
    const spring = await read({ interval: '1d' }, { where: { stationIds: ['spring'] } });
    assert.deepEqual(
      spring.map((row) => [
        row.periodStart,
        row.periodEnd,
        row.expectedCount,
        row.observedCount,
        row.percentComplete,
      ]),
      [
        ['2020-03-27T23:00:00.000Z', '2020-03-28T23:00:00.000Z', 96, 96, 100],
        ['2020-03-28T23:00:00.000Z', '2020-03-29T22:00:00.000Z', 92, 92, 100],
        ['2020-03-29T22:00:00.000Z', '2020-03-30T22:00:00.000Z', 96, 96, 100],
      ],
    );
    await station('autumn', 'Europe/Madrid', '2020-10-24T22:00Z', '2020-10-25T23:00Z', 60);
    const [autumn, ...none] = await read({ interval: '1d' }, { where: { stationIds: ['autumn'] } });
    assert.deepEqual([autumn?.expectedCount, autumn?.observedCount, none.length], [25, 25, 0]);
    const hours = await read({ interval: '1h' }, { where: { stationIds: ['autumn'] } });
    assert.equal(hours.length, 25, 'the repeated hour is two periods');
    const thirds = await read({ interval: '8h' }, { where: { stationIds: ['autumn'] } });
    assert.deepEqual(
      thirds.map((row) => [row.periodStart, row.expectedCount]),
      [
        ['2020-10-24T22:00:00.000Z', 9],
        ['2020-10-25T07:00:00.000Z', 8],
        ['2020-10-25T15:00:00.000Z', 8],
      ],
    );
  });

  it('starts a day at the first midnight where clocks show it twice, and after the one they skip', async () => {
    // Cuba goes back from 01:00 to 00:00, Brazil went forward from 00:00 to 01:00.
    await station('havana', 'America/Havana', '2020-10-31T04:00Z', '2020-11-02T05:00Z', 60);
    const havana = await read({ interval: '1d' }, { where: { stationIds: ['havana'] } });
    assert.deepEqual(
      havana.map((row) => [row.periodStart, row.periodEnd, row.observedCount, row.expectedCount]),
      [
        ['2020-10-31T04:00:00.000Z', '2020-11-01T04:00:00.000Z', 24, 24],
        ['2020-11-01T04:00:00.000Z', '2020-11-02T05:00:00.000Z', 25, 25],
      ],
    );
    await station('brazil', 'America/Sao_Paulo', '2018-11-03T03:00Z', '2018-11-05T02:00Z', 60);
    const brazil = await read({ interval: '1d' }, { where: { stationIds: ['brazil'] } });
    assert.deepEqual(
      brazil.map((row) => [row.periodStart, row.periodEnd, row.observedCount]),
      [
        ['2018-11-03T03:00:00.000Z', '2018-11-04T03:00:00.000Z', 24],
        ['2018-11-04T03:00:00.000Z', '2018-11-05T02:00:00.000Z', 23],
      ],
    );
  });

  it('cuts hours where the zone does: half past in India', async () => {
    await station('delhi', 'Asia/Kolkata', '2021-01-01T00:00Z', '2021-01-01T01:00Z', 15);
    const hours = await read({ interval: '1h' }, { where: { stationIds: ['delhi'] } });
    assert.deepEqual(
      hours.map(({ periodStart }) => periodStart),
      ['2020-12-31T23:30:00.000Z', '2021-01-01T00:30:00.000Z'],
    );
  });

  it('names both ends of weeks (from Monday), months, quarters and years', async () => {
    await station('long', 'UTC', '2019-11-20T00:00Z', '2020-01-10T00:00Z', 1440);
    const bounds = async (interval: string) =>
      (await read({ interval }, { where: { stationIds: ['long'] } })).map(
        (row) =>
          `${row.periodStart.slice(0, 10)}/${row.periodEnd.slice(0, 10)} ${row.observedCount}/${row.expectedCount}`,
      );
    assert.deepEqual((await bounds('1w')).slice(0, 2), [
      '2019-11-18/2019-11-25 5/7',
      '2019-11-25/2019-12-02 7/7',
    ]);
    assert.deepEqual(await bounds('1mo'), [
      '2019-11-01/2019-12-01 11/30',
      '2019-12-01/2020-01-01 31/31',
      '2020-01-01/2020-02-01 9/31',
    ]);
    assert.deepEqual(await bounds('P3M'), ['2019-10-01/2020-01-01 42/92', '2020-01-01/2020-04-01 9/91']);
    assert.deepEqual(await bounds('1y'), ['2019-01-01/2020-01-01 42/365', '2020-01-01/2021-01-01 9/366']);
  });

  it('is valid from three quarters of the period on', async () => {
    await station('gappy', 'UTC', '2022-05-01T00:00Z', '2022-05-01T02:00Z', 15);
    await pool.query(
      `delete from environment_airq_measurand where id_entity = 'gappy'
       and "TimeInstant" in ('2022-05-01T00:15Z', '2022-05-01T01:15Z', '2022-05-01T01:45Z')`,
    );
    const hours = await read({ interval: '1h' }, { where: { stationIds: ['gappy'] } });
    assert.deepEqual(
      hours.map((row) => [row.observedCount, row.percentCoverage, row.valid]),
      [
        [3, 75, true],
        [2, 50, false],
      ],
    );
  });

  it('continues behind a key in every order, each station by itself when asked', async () => {
    for (const orderBy of ['TIME', 'TIME_DESC', 'STATION'] as const) {
      const which = { orderBy, where: { pollutants: ['no2', 'o3'] } } as const;
      const all = await read({ interval: '1d' }, which);
      const paged: PeriodStatistics[] = [];
      for (;;) {
        const page = await read({ interval: '1d' }, which, { limit: 7, after: paged.at(-1) });
        paged.push(...page);
        if (page.length < 7) break;
      }
      assert.deepEqual(paged, all);
      const firstOfEach = await read({ interval: '1d' }, which, { limit: 1, limitPerStation: true });
      assert.equal(firstOfEach.length, new Set(all.map(({ stationId }) => stationId)).size);
    }
  });

  it('converts to ppb', async () => {
    const which = { where: { stationIds: ['delhi'], pollutants: ['no2'] } } as const;
    const [mass] = await read({ interval: '1h' }, which);
    const [ratio] = await read({ interval: '1h', units: { kind: 'ppb', celsius: 20 } }, which);
    assert.ok(Math.abs((ratio?.mean as number) * 1.9125 - (mass?.mean as number)) < 1e-3);
  });

  for (const interval of [
    '',
    'P',
    'PT',
    '7m',
    'PT7M',
    'PT5H',
    'PT90M',
    'P1DT1H',
    'P1Y1D',
    'P0D',
    '1 hour',
    'P1D; drop table station',
  ]) {
    it(`refuses the interval ${JSON.stringify(interval)}`, () => {
      assert.throws(() => parseAveragingInterval(interval), { code: 'INVALID_INTERVAL' });
    });
  }
  for (const timezone of ['Europe/Nowhere', 'CET', '+01:00', 'Europe/Madrid; drop', '']) {
    it(`refuses the time zone ${JSON.stringify(timezone)}`, () => {
      assert.throws(() => requestStatistics({ interval: '1d', timezone }), { code: 'INVALID_TIMEZONE' });
    });
  }
});
