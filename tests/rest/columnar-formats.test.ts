import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { tableFromIPC } from 'apache-arrow';
import { parquetReadObjects } from 'hyparquet';
import { startTestGateway, type TestGateway } from '../fixtures/gateway.ts';
import { insertMeasurements } from '../fixtures/measurements.ts';

type Row = Record<string, unknown>;

describe('columnar formats of /air_quality', () => {
  let gateway: TestGateway;

  before(async () => {
    gateway = await startTestGateway();
    // More than one batch and row group.
    await insertMeasurements(gateway.pool, 6_000);
  });
  after(() => gateway.close());

  async function json(query: string): Promise<Row[]> {
    const body = await (await gateway.get(`/air_quality.json${query}`)).json();
    return (body as { measurements: Row[] }).measurements;
  }

  async function parquet(query: string): Promise<Row[]> {
    const response = await gateway.get(`/air_quality.parquet${query}`);
    assert.equal(response.headers.get('content-type'), 'application/vnd.apache.parquet');
    assert.match(response.headers.get('content-disposition') ?? '', /\.parquet"$/);
    return parquetReadObjects({ file: await response.arrayBuffer() });
  }

  async function arrow(query: string): Promise<Row[]> {
    const response = await gateway.get(`/air_quality.arrow${query}`);
    assert.equal(response.headers.get('content-type'), 'application/vnd.apache.arrow.stream');
    const table = tableFromIPC(await response.arrayBuffer());
    return table.toArray().map((row) => row.toJSON());
  }

  /** Instants are numbers or dates there, text in JSON. */
  const withTextTimes = (rows: Row[]) =>
    rows.map((row) => {
      const { TimeInstant, ...rest } = row;
      return { TimeInstant: new Date(TimeInstant as number).toISOString(), ...rest };
    });

  for (const [name, read] of Object.entries({ arrow, parquet })) {
    it(`give the rows of JSON in their order as ${name}, to the last bit`, async () => {
      const expected = await json('');
      assert.ok(expected.length > 20_000);
      assert.deepEqual(withTextTimes(await read('')), expected);
    });

    it(`take what chooses rows and columns as ${name}`, async () => {
      const query = '?id_entity=aq_delta&order=-time&limit=7&pollutant=pm10,co&units=ppb';
      assert.deepEqual(withTextTimes(await read(query)), await json(query));
    });

    it(`are whole without rows as ${name}`, async () => {
      assert.deepEqual(await read('?from=2030-01-01'), []);
    });

    it(`give averages as ${name}`, async () => {
      const [row] = await read(
        '?interval=1d&statistic=mean,count&pollutant=no2&id_entity=aq_alba&from=2016-10-01',
      );
      const [expected] = await json(
        '?interval=1d&statistic=mean,count&pollutant=no2&id_entity=aq_alba&from=2016-10-01',
      );
      assert.equal(new Date(row?.period_end as number).toISOString(), expected?.period_end);
      assert.equal(row?.mean, expected?.mean);
      assert.equal(row?.valid, expected?.valid);
    });
  }
});
