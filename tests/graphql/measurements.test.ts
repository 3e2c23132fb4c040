import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startTestGateway, type TestGateway } from '../fixtures/gateway.ts';
import { insertMeasurements, stationIds } from '../fixtures/measurements.ts';

describe('GraphQL', () => {
  let gateway: TestGateway;

  before(async () => {
    gateway = await startTestGateway();
    await insertMeasurements(gateway.pool, 40);
  });
  after(() => gateway.close());

  it('pages through measurements while rows are inserted before and behind the cursor', async () => {
    const page = (after: string | null) =>
      gateway.graphql(
        `query ($after: String) { measurements(where: { stationIds: ["aq_alba"] }) { page(first: 5, after: $after) {
          nodes { timeInstant } pageInfo { endCursor hasPreviousPage } } } }`,
        { after },
      );
    const first = (await page(null)).data.measurements.page;
    const before = (await page(first.pageInfo.endCursor)).data.measurements.page.nodes;
    await gateway.pool.query(
      `insert into environment_airq_measurand ("TimeInstant", id_entity) values ($1, 'aq_alba')`,
      ['2016-09-30T20:00:00.900Z'],
    );
    const after = (await page(first.pageInfo.endCursor)).data.measurements.page;
    assert.deepEqual(after.nodes, before);
    assert.equal(first.pageInfo.hasPreviousPage, false);
    assert.equal(after.pageInfo.hasPreviousPage, true);
  });

  it('links measurements, stations and their newest measurement', async () => {
    const { data, errors } = await gateway.graphql(`{
      stations(first: 3) { nodes { id name city timezone latest { timeInstant stationId } } pageInfo { hasNextPage endCursor } }
      station(id: "aq_delta") { measurements(orderBy: TIME_DESC) { page(first: 1) { nodes { timeInstant station { id } } } } latest { timeInstant } }
      missing: station(id: "nowhere") { id }
      latest { stationId }
      pollutants { code unit molarMass }
    }`);
    assert.equal(errors, undefined);
    assert.deepEqual(
      data.stations.nodes.map((station: { id: string }) => station.id),
      stationIds.slice(0, 3),
    );
    assert.equal(data.stations.nodes[0].latest.stationId, 'aq_alba');
    assert.equal(data.stations.pageInfo.hasNextPage, true);
    const newest = data.station.measurements.page.nodes[0];
    assert.deepEqual(newest.station, { id: 'aq_delta' });
    assert.equal(newest.timeInstant, data.station.latest.timeInstant);
    assert.equal(data.missing, null);
    assert.deepEqual(
      data.latest.map((measurement: { stationId: string }) => measurement.stationId),
      stationIds,
    );
    assert.deepEqual(data.pollutants[2], { code: 'CO', unit: 'mg/m³', molarMass: 28.01 });
    const rest = await gateway.graphql(
      'query ($after: String) { stations(after: $after) { nodes { id } pageInfo { hasNextPage } } }',
      { after: data.stations.pageInfo.endCursor },
    );
    assert.deepEqual(rest.data.stations, { nodes: [{ id: 'aq_delta' }], pageInfo: { hasNextPage: false } });
  });

  it('counts a set and links it as CSV with the same rows', async () => {
    const { data } = await gateway.graphql(`{ measurements(
      where: { stationIds: ["aq_brisa", "aq_alba"], from: "2016-10-01T00:00:00Z", pollutants: [O3] }, orderBy: STATION
    ) { count csvUrl } }`);
    const csv = await (await gateway.get(data.measurements.csvUrl)).text();
    const lines = csv.trimEnd().split('\n');
    assert.equal(lines[0], 'TimeInstant,id_entity,o3');
    assert.equal(lines.length - 1, data.measurements.count);
    assert.ok(data.measurements.count > 20);
    assert.match(lines[1] ?? '', /aq_alba/);
    assert.match(lines.at(-1) ?? '', /aq_brisa/);
  });

  it('raises the dataset version with every change of the data', async () => {
    const version = async () =>
      Number((await gateway.graphql('{ dataset { version } }')).data.dataset.version);
    const before = await version();
    await gateway.pool.query(`update station set name = 'Alba' where id = 'aq_alba'`);
    assert.equal(await version(), before + 1);
    await gateway.pool.query(`update environment_airq_measurand set co = 1 where id_entity = 'aq_alba'`);
    assert.equal(await version(), before + 2);
  });

  const refusals: [query: string, code: string, field: string][] = [
    ['{ measurements(where: { stationIds: ["aq_ala"] }) { count } }', 'UNKNOWN_STATION', 'stationIds'],
    ['{ measurements(where: { stationIds: [] }) { count } }', 'INVALID_ARGUMENT', 'stationIds'],
    ['{ measurements { page(first: 0) { nodes { co } } } }', 'PAGE_SIZE', 'first'],
    ['{ measurements { page(first: 10001) { nodes { co } } } }', 'PAGE_SIZE', 'first'],
    ['{ stations(first: -1) { nodes { id } } }', 'PAGE_SIZE', 'first'],
    ['{ measurements { page(after: "x") { nodes { co } } } }', 'INVALID_CURSOR', 'after'],
    ['{ stations(after: "x") { nodes { id } } }', 'INVALID_CURSOR', 'after'],
    [
      '{ measurements(where: { from: "2016-10-02T00:00:00Z", to: "2016-10-01T00:00:00Z" }) { count } }',
      'INVALID_RANGE',
      'from',
    ],
    ['{ measurments { count } }', 'GRAPHQL_VALIDATION_FAILED', ''],
    ['{ measurements(where: { from: "soon" }) { count } }', 'GRAPHQL_VALIDATION_FAILED', ''],
    ['{ measurements ', 'GRAPHQL_PARSE_FAILED', ''],
  ];
  for (const [query, code, field] of refusals) {
    it(`refuses ${query} with ${code}`, async () => {
      const { errors } = await gateway.graphql(query);
      assert.equal(errors?.[0]?.extensions.code, code);
      assert.equal(errors?.[0]?.extensions.field ?? '', field);
      assert.ok(!JSON.stringify(errors).includes('node_modules'), 'no stack trace');
    });
  }

  it('masks what goes wrong inside', async () => {
    await gateway.pool.query('alter table dataset rename to hidden');
    const { errors } = await gateway.graphql('{ dataset { version } }');
    await gateway.pool.query('alter table hidden rename to dataset');
    assert.equal(errors?.[0]?.extensions.code, 'INTERNAL');
    assert.equal(errors?.[0]?.message, 'The request could not be answered.');
  });
});
