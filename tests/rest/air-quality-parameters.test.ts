import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startTestGateway, type TestGateway } from '../fixtures/gateway.ts';

describe('parameters of /air_quality', () => {
  let gateway: TestGateway;

  before(async () => {
    gateway = await startTestGateway();
    await gateway.pool.query(`insert into station (id, name, city, latitude, longitude, timezone) values
      ('north', 'North', 'Alba', 40.50, -3.70, 'Europe/Madrid'), ('south', 'South', 'Alba', 40.40, -3.70, 'UTC'),
      ('island', 'Island', 'Brisa', -17.8, 179.9, 'Pacific/Fiji'), ('lost', 'Lost', 'Brisa', null, null, 'UTC')`);
    await gateway.pool.query(`select measurement_partitions_ensure('2024-03-30', '2024-04-02')`);
    // A whole quarter-hourly day of each station, the day on which Madrid's clocks skip an hour.
    await gateway.pool.query(`insert into environment_airq_measurand ("TimeInstant", id_entity, so2, no2, co, o3, pm10, pm2_5)
      select t, id, 1.5, extract(hour from t), 0.25, null, 10, 5
      from generate_series('2024-03-31T00:00Z'::timestamptz, '2024-03-31T23:45Z', '15 min') t, station`);
  });
  after(() => gateway.close());

  async function lines(query: string): Promise<string[]> {
    const response = await gateway.get(`/air_quality?${query}`);
    const body = await response.text();
    assert.equal(response.status, 200, body);
    return body.trimEnd().split('\n');
  }
  const stations = async (query: string) =>
    [...new Set((await lines(query)).slice(1).map((line) => line.split(',')[1]))].sort();

  it('chooses stations by city, box and circle', async () => {
    assert.deepEqual(await stations('city=Alba'), ['north', 'south']);
    assert.deepEqual(await stations('bbox=-4,40.45,-3,41'), ['north']);
    assert.deepEqual(await stations('bbox=179,-20,-179,0'), ['island'], 'across the antimeridian');
    assert.deepEqual(await stations('near=40.40,-3.70&radius=100'), ['south']);
    assert.deepEqual(
      await stations('near=40.40,-3.70&radius=11200'),
      ['north', 'south'],
      '0.1 degrees are 11.12 km',
    );
    assert.deepEqual(await stations('near=40.40,-3.70&radius=11100'), ['south']);
    assert.deepEqual(await stations('city=Alba&id_entity=south,island'), ['south']);
    assert.deepEqual(await stations('city=Nowhere'), []);
  });

  it('compares values', async () => {
    const hours = (await lines('id_entity=south&where=no2>=22&where=co%3C0.3,pm10=10&pollutant=no2')).slice(
      1,
    );
    assert.equal(hours.length, 8);
    assert.deepEqual(new Set(hours.map((line) => line.split(',')[2])), new Set(['22', '23']));
    assert.equal((await lines('where=o3>0')).length, 1, 'what was not reported meets no condition');
  });

  it('reads dates and writes times in a time zone', async () => {
    const madrid = await lines(
      'id_entity=north&timezone=Europe/Madrid&from=2024-03-31&pollutant=co&to=2024-03-31T04:00',
    );
    assert.deepEqual(madrid.slice(1, 3), [
      '2024-03-31T01:00:00.000+01:00,north,0.25',
      '2024-03-31T01:15:00.000+01:00,north,0.25',
    ]);
    assert.equal(madrid[5], '2024-03-31T03:00:00.000+02:00,north,0.25', 'an hour is skipped');
    assert.equal(madrid.length, 1 + 8);
    const utc = await lines(
      'id_entity=north&timezone=Europe/Madrid&from=2024-03-31T00:00Z&to=2024-03-31T02:15%2B02:00',
    );
    assert.equal(utc.length, 1 + 1, 'an offset wins over the zone');
  });

  it('writes the dialect that a spreadsheet wants', async () => {
    const response = await gateway.get(
      '/air_quality?id_entity=north&limit=1&decimal=,&bom=true&header=units&null=NA&decimals=2&pollutant=so2,o3,co',
    );
    const bytes = Buffer.from(await response.arrayBuffer());
    assert.deepEqual([...bytes.subarray(0, 3)], [0xef, 0xbb, 0xbf]);
    assert.equal(
      bytes.subarray(3).toString(),
      'TimeInstant;id_entity;so2;o3;co\nUTC;;µg/m³;µg/m³;mg/m³\n2024-03-31T00:00:00.000Z;north;1,50;NA;0,25\n',
    );
    assert.deepEqual(await lines('id_entity=north&limit=1&header=false&delimiter=tab&pollutant=so2'), [
      '2024-03-31T00:00:00.000Z\tnorth\t1.5',
    ]);
    assert.deepEqual(
      await lines('id_entity=north&limit=1&header=false&decimal=,&delimiter=,&pollutant=so2'),
      ['2024-03-31T00:00:00.000Z,north,"1,5"'],
    );
  });

  it('converts to parts per billion at a reference temperature; particles keep their unit', async () => {
    const [header, units, row] = await lines(
      'id_entity=north&limit=1&units=ppb&header=units&decimals=4&from=2024-03-31T10:00Z',
    );
    assert.equal(header, 'TimeInstant,id_entity,so2,no2,co,o3,pm10,pm2_5');
    assert.equal(units, 'UTC,,ppb,ppb,ppb,ppb,µg/m³,µg/m³');
    // 1.5 / 2.6632, 10 / 1.9125 and 0.25 mg/m³ / 1.1644 µg/m³ per ppb: EU factors at 20 °C.
    const [, , so2, no2, co, , pm10] = (row ?? '').split(',').map(Number);
    assert.ok(Math.abs((so2 ?? 0) - 0.5632) < 0.001);
    assert.ok(Math.abs((no2 ?? 0) - 5.2288) < 0.002);
    assert.ok(Math.abs((co ?? 0) - 214.7) < 0.1);
    assert.equal(pm10, 10);
    const at25 = (
      await lines('id_entity=north&limit=1&units=ppb&temperature=25&from=2024-03-31T10:00Z')
    )[1]?.split(',');
    assert.ok(Math.abs(Number(at25?.[3]) - 10 / 1.8804) < 0.002);
  });

  it('averages over periods with both ends and coverage', async () => {
    const [header, ...rows] = await lines(
      'id_entity=south&interval=8h&statistic=mean,max,count,coverage&pollutant=no2,co',
    );
    assert.equal(
      header,
      'period_start,period_end,id_entity,pollutant,mean,max,count,coverage,expectedCount,observedCount,percentComplete,percentCoverage,valid',
    );
    assert.deepEqual(rows, [
      '2024-03-31T00:00:00.000Z,2024-03-31T08:00:00.000Z,south,no2,3.5,7,32,100,32,32,100,100,t',
      '2024-03-31T00:00:00.000Z,2024-03-31T08:00:00.000Z,south,co,0.25,0.25,32,100,32,32,100,100,t',
      '2024-03-31T08:00:00.000Z,2024-03-31T16:00:00.000Z,south,no2,11.5,15,32,100,32,32,100,100,t',
      '2024-03-31T08:00:00.000Z,2024-03-31T16:00:00.000Z,south,co,0.25,0.25,32,100,32,32,100,100,t',
      '2024-03-31T16:00:00.000Z,2024-04-01T00:00:00.000Z,south,no2,19.5,23,32,100,32,32,100,100,t',
      '2024-03-31T16:00:00.000Z,2024-04-01T00:00:00.000Z,south,co,0.25,0.25,32,100,32,32,100,100,t',
    ]);
  });

  it('averages over local days, 23 hours long where clocks skip one', async () => {
    const rows = await lines('id_entity=north&interval=1d&timezone=Europe/Madrid&pollutant=co&format=ndjson');
    const [first] = rows.map((row) => JSON.parse(row));
    assert.equal(first.period_start, '2024-03-31T00:00:00.000+01:00');
    assert.equal(first.period_end, '2024-04-01T00:00:00.000+02:00');
    assert.equal(first.expectedCount, 92);
    assert.equal(first.mean, 0.25);
    assert.equal(first.valid, true);
  });

  it('adds air quality indices', async () => {
    const rows = await lines(
      'id_entity=south&index=eu-eaqi,us-epa-aqi&pollutant=pm10&from=2024-03-31T23:00Z',
    );
    assert.equal(rows[0], 'TimeInstant,id_entity,pm10,eu-eaqi,us-epa-aqi');
    assert.match(rows[1] ?? '', /^2024-03-31T23:00:00.000Z,south,10,\d+,\d+$/);
  });

  it('leads on from page to page until there is no more', async () => {
    const all = await lines('city=Alba&order=-time');
    const seen: string[] = [];
    let path: string | undefined = '/air_quality.csv?city=Alba&order=-time&limit=50&header=false';
    let pages = 0;
    while (path !== undefined) {
      const response: Response = await gateway.get(path);
      seen.push(...(await response.text()).trimEnd().split('\n'));
      path = /^<(.+)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1];
      pages++;
    }
    assert.deepEqual(seen, all.slice(1));
    assert.equal(pages, 4);
  });

  const refusals: [query: string, code: string, field: string][] = [
    ['near=40,3', 'INVALID_ARGUMENT', 'radius'],
    ['radius=100', 'INVALID_ARGUMENT', 'near'],
    ['bbox=1,2,3', 'INVALID_ARGUMENT', 'bbox'],
    ['bbox=1,50,3,40', 'INVALID_ARGUMENT', 'bbox'],
    ['near=91,0&radius=1', 'INVALID_ARGUMENT', 'near'],
    ['where=pm25>3', 'INVALID_ARGUMENT', 'where'],
    ['where=co>', 'INVALID_ARGUMENT', 'where'],
    ['limit=', 'INVALID_ARGUMENT', 'limit'],
    ['limit=1e3', 'INVALID_ARGUMENT', 'limit'],
    ['decimals=16', 'INVALID_ARGUMENT', 'decimals'],
    ['timezone=Mars/Olympus', 'INVALID_ARGUMENT', 'timezone'],
    ['interval=7h', 'INVALID_INTERVAL', 'interval'],
    ['interval=1d&after=x', 'INVALID_ARGUMENT', 'after'],
    ['interval=1d&index=eu-eaqi', 'INVALID_ARGUMENT', 'index'],
    ['statistic=mean', 'INVALID_ARGUMENT', 'interval'],
    ['interval=1d&statistic=mode', 'INVALID_ARGUMENT', 'statistic'],
    ['index=aqi', 'INVALID_ARGUMENT', 'index'],
    ['units=ppm', 'INVALID_ARGUMENT', 'units'],
    ['delimiter=x', 'INVALID_ARGUMENT', 'delimiter'],
    ['null=a,b', 'INVALID_ARGUMENT', 'null'],
    ['bom=yes', 'INVALID_ARGUMENT', 'bom'],
  ];
  for (const [query, code, field] of refusals) {
    it(`refuses ${query}`, async () => {
      const response = await gateway.get(`/air_quality?${query}`);
      const problem = (await response.json()) as { code: string; field: string; hint?: string };
      assert.equal(response.status, 400);
      assert.deepEqual([problem.code, problem.field], [code, field]);
      assert.ok((problem.hint ?? '').length > 10, 'says what is accepted');
    });
  }
});
