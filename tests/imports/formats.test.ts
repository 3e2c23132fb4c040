import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { createImportBench, type ImportBench } from '../fixtures/import-command.ts';

let bench: ImportBench;

before(async () => {
  bench = await createImportBench();
});
beforeEach(() => bench.clear());
after(() => bench.close());

/** Loads `content` and gives what is stored then. */
async function stored(content: string | Buffer, ...args: string[]): Promise<string[]> {
  const { code, stderr } = await bench.load(content, ...args);
  assert.equal(code, 0, stderr);
  return bench.stored();
}

describe('OpenAQ', () => {
  test('long CSV of the website: location, utc, parameter, value, unit, coordinates', async () => {
    const rows = await stored(
      `location,city,country,utc,local,parameter,value,unit,latitude,longitude,attribution
"Escuelas Aguirre",Madrid,ES,2019-05-07T01:00:00.000Z,2019-05-07T03:00:00+02:00,no2,23,µg/m³,40.4217,-3.6823,"[{""name"":""EEA""}]"
"Escuelas Aguirre",Madrid,ES,2019-05-07T01:00:00.000Z,2019-05-07T03:00:00+02:00,pm25,8.5,µg/m³,40.4217,-3.6823,
"Escuelas Aguirre",Madrid,ES,2019-05-07T02:00:00.000Z,2019-05-07T04:00:00+02:00,co,300,µg/m³,40.4217,-3.6823,
Barrio del Pilar,Madrid,ES,2019-05-07T01:00:00.000Z,2019-05-07T03:00:00+02:00,o3,71,µg/m³,40.4782,-3.7115,
`,
    );
    assert.deepEqual(rows, [
      '2019-05-07T01:00:00.000Z Barrio_del_Pilar o3=71',
      '2019-05-07T01:00:00.000Z Escuelas_Aguirre no2=23 pm2_5=8.5',
      '2019-05-07T02:00:00.000Z Escuelas_Aguirre co=0.3',
    ]);
    const { rows: stations } = await bench.client.query(
      'SELECT id, name, city, latitude, longitude FROM station ORDER BY id',
    );
    assert.deepEqual(stations[1], {
      id: 'Escuelas_Aguirre',
      name: 'Escuelas Aguirre',
      city: 'Madrid',
      latitude: 40.4217,
      longitude: -3.6823,
    });
  });

  test('pandas’ flattened copy: date.utc and location', async () => {
    assert.deepEqual(
      await stored(
        `city,country,date.utc,location,parameter,value,unit
Antwerpen,BE,2019-06-18 06:00:00+00:00,BETR801,pm25,18.0,µg/m³
Antwerpen,BE,2019-06-18 06:00:00+00:00,BETR801,no2,41.5,µg/m³
`,
      ),
      ['2019-06-18T06:00:00.000Z BETR801 no2=41.5 pm2_5=18'],
    );
  });

  test('the variant with location.id, parameter, unit and date.utc', async () => {
    assert.deepEqual(
      await stored(
        `location.id,location.name,parameter,value,unit,date.utc,date.local,coordinates.latitude,coordinates.longitude
3565,Centro,no2,19,ppb,2023-01-01T00:00:00Z,2023-01-01T01:00:00+01:00,40.4,-3.7
`,
      ),
      [`2023-01-01T00:00:00.000Z 3565 no2=${(19 * 46.006) / ((22.41396954 * 293.15) / 273.15)}`],
    );
    const { rows } = await bench.client.query('SELECT name, latitude FROM station');
    assert.deepEqual(rows, [{ name: 'Centro', latitude: 40.4 }]);
  });

  test('the archive: location_id, sensors_id, datetime with offset, units', async () => {
    assert.deepEqual(
      await stored(
        `"location_id","sensors_id","location","datetime","lat","lon","parameter","units","value"
"2178","3917","Del Norte-2178","2022-05-01T01:00:00-06:00","35.1353","-106.584702","pm10","µg/m³","13.0"
"2178","3916","Del Norte-2178","2022-05-01T01:00:00-06:00","35.1353","-106.584702","o3","ppm","0.042"
`,
        '--temperature',
        '25',
      ),
      [
        `2022-05-01T07:00:00.000Z 2178 o3=${0.042 * ((47.998 / ((22.41396954 * 298.15) / 273.15)) * 1e3)} pm10=13`,
      ],
    );
  });

  test('parameters that are not stored are rejected by name, or left out when told so', async () => {
    const content = `location_id,datetime,parameter,value,unit
7,2023-01-01T00:00:00Z,relativehumidity,61,%
7,2023-01-01T00:00:00Z,no2,12,µg/m³
`;
    const refused = await bench.load(content);
    assert.equal(refused.code, 1);
    assert.match(
      refused.stderr,
      /line 2, field parameter: found "relativehumidity"; accepted: one of so2, no2/,
    );
    assert.deepEqual(await stored(content, '--map', 'relativehumidity=ignore'), [
      '2023-01-01T00:00:00.000Z 7 no2=12',
    ]);
  });

  test('a unit without conversion is rejected with its line', async () => {
    const { code, stderr } = await bench.load(
      'location_id,datetime,parameter,value,unit\n7,2023-01-01T00:00:00Z,pm10,12,ppb\n7,2023-01-01T00:00:00Z,no2,12,furlong\n',
    );
    assert.equal(code, 1);
    assert.match(stderr, /line 2, field unit: found "ppb"/);
    assert.match(stderr, /line 3, field unit: found "furlong"; accepted: a unit of ug\/m3/);
  });

  test('an absent parameter leaves what is there, a later line for the same parameter counts', async () => {
    const header = 'location_id,datetime,parameter,value,unit';
    await stored(`${header}\n7,2023-01-01T00:00:00Z,no2,12,µg/m³\n7,2023-01-01T00:00:00Z,o3,50,µg/m³\n`);
    assert.deepEqual(
      await stored(`${header}\n7,2023-01-01T00:00:00Z,no2,13,µg/m³\n7,2023-01-01T00:00:00Z,no2,14,µg/m³\n`),
      ['2023-01-01T00:00:00.000Z 7 no2=14 o3=50'],
    );
  });

  test('two stations of the same name in two cities are not made one', async () => {
    const { code, stderr } = await bench.load(
      'location,city,utc,parameter,value,unit\nCentro,Madrid,2023-01-01T00:00:00Z,no2,1,µg/m³\nCentro,Lugo,2023-01-01T00:00:00Z,no2,2,µg/m³\n',
    );
    assert.equal(code, 1);
    assert.match(stderr, /"Centro, Lugo" and "Centro, Madrid" would both be "Centro"/);
  });
});

describe('other wide files', () => {
  test('--map names columns, --unit their units', async () => {
    assert.deepEqual(
      await stored(
        'when,where,NO2 conc,remark\n2016-10-01 00:00:00,s1,0.25,fine\n',
        ...[
          '--map',
          'when=time',
          '--map',
          'where=station',
          '--map',
          'NO2 conc=no2',
          '--map',
          'remark=ignore',
        ],
        ...['--unit', 'no2=mg/m3'],
      ),
      ['2016-10-01T00:00:00.000Z s1 no2=250'],
    );
  });

  test('an unknown column is told, and what to map it to', async () => {
    const unknown = await bench.load('time,station,no2,remark\n2016-10-01 00:00:00,s1,0.25,fine\n');
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /unknown column "remark"[\s\S]*--map COLUMN=ignore/);
    const mistyped = await bench.load('time,station,no2,x\n', '--map', 'x=ozne');
    assert.match(mistyped.stderr, /x cannot be mapped to "ozne"/);
  });

  test('units in the header: no2_ppb, CO (ppm), PM2.5 [µg/m³]', async () => {
    const molarVolume = (22.41396954 * 293.15) / 273.15;
    assert.deepEqual(
      await stored('timestamp,station,no2_ppb,CO (ppm),PM2.5 [µg/m³]\n2016-10-01T00:00:00Z,s1,10,2,7\n'),
      [
        `2016-10-01T00:00:00.000Z s1 no2=${10 * (46.006 / molarVolume)} co=${2 * ((28.01 / molarVolume) * 1e3 * 1e-3)} pm2_5=7`,
      ],
    );
  });

  test('semicolons and decimal commas are detected', async () => {
    assert.deepEqual(await stored('TimeInstant;id_entity;no2;o3\n2016-10-01 00:00:00;s1;10,25;7\n'), [
      '2016-10-01T00:00:00.000Z s1 no2=10.25 o3=7',
    ]);
  });

  test('a point in a file of decimal commas is not taken for one: 1.234 could be a thousand', async () => {
    const { code, stderr } = await bench.load(
      'TimeInstant;id_entity;no2\n2016-10-01 00:00:00;s1;10,25\n2016-10-01 00:15:00;s1;1.234\n',
      '--decimal',
      ',',
    );
    assert.equal(code, 1);
    assert.match(stderr, /line 3, field no2: found "1.234"/);
  });

  test('tabs, and a delimiter that is given', async () => {
    assert.equal((await stored('TimeInstant\tid_entity\tno2\n2016-10-01 00:00:00\ts1\t1\n')).length, 1);
    assert.equal(
      (await stored('TimeInstant:id_entity:no2\n2016-10-01:s2:1\n', '--delimiter', ':')).length,
      2,
    );
  });

  for (const [name, encode] of Object.entries({
    'windows-1252': (text: string) => Buffer.from(text, 'latin1'),
    'UTF-16 with a byte order mark': (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le'),
  })) {
    test(`${name} text is recognised`, async () => {
      await stored(encode('time,station,name,city,no2\n2016-10-01 00:00:00,s1,Peña,Cáceres,5\n'));
      const { rows } = await bench.client.query('SELECT name, city FROM station');
      assert.deepEqual(rows, [{ name: 'Peña', city: 'Cáceres' }]);
    });
  }

  test('text of another encoding further down is rejected, not garbled', async () => {
    const { code, stderr } = await bench.load(
      Buffer.concat([
        Buffer.from(`time,station,name,no2\n${'2016-10-01 00:00:00,s1,Name,5\n'.repeat(60_000)}`),
        Buffer.from('2016-10-01 00:15:00,s2,Peña,5\n', 'latin1'),
      ]),
      '--max-rejects',
      '0',
    );
    assert.equal(code, 1);
    assert.match(stderr, /line 60002: .*--encoding/);
  });
});

describe('times', () => {
  const at = (time: string, ...args: string[]) =>
    stored(`TimeInstant,id_entity,no2\n${time},s1,1\n`, ...args);

  test('without an offset are UTC, or of the zone that is given', async () => {
    assert.match((await at('2016-07-01 12:00:00'))[0] ?? '', /^2016-07-01T12:00:00.000Z/);
    await bench.clear();
    assert.match(
      (await at('2016-07-01 12:00:00', '--timezone', 'Europe/Madrid'))[0] ?? '',
      /^2016-07-01T10:00:00.000Z/,
    );
  });

  test('of a fixed offset do not change with the season', async () => {
    assert.match(
      (await at('2016-07-01 12:00:00', '--timezone', '+01:00'))[0] ?? '',
      /^2016-07-01T11:00:00.000Z/,
    );
    await bench.clear();
    assert.match(
      (await at('2016-07-01 12:00:00', '--timezone', '-03:30'))[0] ?? '',
      /^2016-07-01T15:30:00.000Z/,
    );
  });

  test('with an offset keep it whatever the zone', async () => {
    assert.match(
      (await at('2016-07-01T12:00:00+02:00', '--timezone', 'America/Lima'))[0] ?? '',
      /^2016-07-01T10:00:00.000Z/,
    );
  });

  test('that stamp the end of their period are stored by its start', async () => {
    assert.match(
      (await at('2016-07-01 12:00:00', '--timestamps', 'end'))[0] ?? '',
      /^2016-07-01T11:45:00.000Z/,
    );
    await bench.clear();
    assert.match(
      (await at('2016-07-01 12:00:00', '--timestamps', 'end', '--period', '60'))[0] ?? '',
      /^2016-07-01T11:00:00.000Z/,
    );
  });

  test('that exist twice or never in the zone are rejected, since the second hour would overwrite the first', async () => {
    const { code, stderr } = await bench.load(
      'TimeInstant,id_entity,no2\n2016-10-30 01:59:00,s1,1\n2016-10-30 02:30:00,s1,2\n2016-03-27 02:30:00,s1,3\n2016-10-30T02:30:00+01:00,s1,4\n',
      '--timezone',
      'Europe/Madrid',
    );
    assert.equal(code, 1);
    assert.match(stderr, /2 of 4 lines are not accepted/);
    assert.match(stderr, /line 3, field TimeInstant: .*exists once in Europe\/Madrid/);
    assert.match(stderr, /line 4, field TimeInstant/);
  });

  test('of a zone that does not exist are refused before anything is read', async () => {
    const { code, stderr } = await bench.load('TimeInstant,id_entity,no2\n', '--timezone', 'Mars/Olympus');
    assert.equal(code, 1);
    assert.match(stderr, /no time zone "Mars\/Olympus"/);
  });
});

describe('NDJSON', () => {
  test('has keys for columns, in any order and number', async () => {
    assert.deepEqual(
      await stored(
        '{"timeInstant":"2016-10-01T00:00:00.004Z","stationId":"s1","no2":1.5,"o3":null}\n' +
          '{"stationId":"s\\"2","timeInstant":"2016-10-01T00:00:00Z","no2":1}\n' +
          '{"id":1}\nnot json\n{"stationId":"s3","timeInstant":"2016-10-01T00:00:00Z","no2":{"value":3}}\n',
        ...['--max-rejects', '4', '--map', 'id=ignore'],
      ),
      ['2016-10-01T00:00:00.004Z s1 no2=1.5'],
    );
    const { rows } = await bench.client.query(
      'SELECT line::int, field, reason FROM import_rejection ORDER BY line',
    );
    assert.deepEqual(
      rows.map(({ line, field }) => [line, field]),
      [
        [2, 'stationId'],
        [3, 'timeInstant'],
        [4, null],
        [5, 'no2'],
      ],
    );
  });
});

describe('sources', () => {
  const content = 'TimeInstant,id_entity,no2\n2016-10-01 00:00:00,s1,1\n';

  test('standard input, plain and packed', async () => {
    for (const input of [content, gzipSync(content), zstdCompressSync(content)]) {
      await bench.clear();
      const { code, stderr } = await bench.run(['import', '-'], input);
      assert.equal(code, 0, stderr);
      assert.equal((await bench.stored()).length, 1);
    }
  });

  test('a pattern loads every file it matches, in order', async () => {
    await writeFile(join(bench.folder, 'month-1.csv'), content);
    await writeFile(join(bench.folder, 'month-2.csv'), content.replace('s1', 's2'));
    const { code, stdout } = await bench.run(['import', join(bench.folder, 'month-*.csv')]);
    assert.equal(code, 0);
    assert.match(stdout, /month-1.csv: .*\n.*month-2.csv: /);
    assert.equal((await bench.stored()).length, 2);
    const none = await bench.run(['import', `${bench.folder}/none-*.csv`]);
    assert.equal(none.code, 1);
    assert.match(none.stderr, /No file matches/);
  });

  test('a packed file that is cut short loads nothing', async () => {
    const packed = gzipSync(`${content}${'2016-10-01 00:15:00,s1,1\n'.repeat(1000)}`);
    const { code, stderr } = await bench.load(packed.subarray(0, packed.length - 20));
    assert.equal(code, 1);
    assert.match(stderr, /broke off/);
    assert.deepEqual(await bench.stored(), []);
  });
});
