import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createPrismaClient } from '../../src/database/prisma-client.ts';
import { createApiKey, type Scope } from '../../src/keys/api-keys.ts';
import { type GraphQLAnswer, startTestGateway, type TestGateway } from '../fixtures/gateway.ts';
import { insertMeasurements } from '../fixtures/measurements.ts';

interface StatisticsPage {
  readonly edges: readonly { readonly node: Record<string, unknown> }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
}

describe('GraphQL fields', () => {
  let gateway: TestGateway;
  const keys = {} as Record<Scope, string>;

  before(async () => {
    gateway = await startTestGateway();
    await insertMeasurements(gateway.pool, 200);
    await gateway.pool.query(
      `update station set latitude = 40.4, longitude = -3.7 where id = 'aq_alba';
       update station set latitude = 41.4, longitude = 2.2, city = 'Barcelona' where id = 'aq_brisa'`,
    );
    const prisma = createPrismaClient(gateway.pool);
    for (const scope of ['read', 'write', 'admin'] as const) {
      keys[scope] = (await createApiKey(prisma, { name: scope, scopes: [scope], actor: 'test' })).key;
    }
  });
  after(() => gateway.close());

  async function data(query: string, variables: Record<string, unknown> = {}) {
    const answer = await gateway.graphql(query, variables);
    assert.equal(answer.errors, undefined, JSON.stringify(answer.errors));
    return answer.data;
  }

  async function withKey(key: string | undefined, query: string): Promise<GraphQLAnswer> {
    const response = await gateway.get('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) },
      body: JSON.stringify({ query }),
    });
    return (await response.json()) as GraphQLAnswer;
  }

  it('find by id what any answer named, and nothing else', async () => {
    const { measurements } = await data(
      '{ measurements { page(first: 1) { nodes { id timeInstant stationId no2 } } } }',
    );
    const [node] = measurements.page.nodes;
    assert.equal(node.id, `${node.stationId}@${node.timeInstant}`);
    const found = await data(
      `query ($id: ID!) {
        measurement: node(id: $id) { __typename id ... on Measurement { timeInstant stationId no2 station { id } } }
        station: node(id: "aq_alba") { __typename id ... on Station { name } }
        nowhere: node(id: "aq_nowhere") { id }
        never: node(id: "aq_alba@2001-01-01T00:00:00.000Z") { id }
        broken: node(id: "aq_alba@soon") { id }
      }`,
      { id: node.id },
    );
    assert.deepEqual(found.measurement, {
      __typename: 'Measurement',
      ...node,
      station: { id: node.stationId },
    });
    assert.deepEqual(found.station, { __typename: 'Station', id: 'aq_alba', name: 'Aq_Alba' });
    assert.deepEqual([found.nowhere, found.never, found.broken], [null, null, null]);
  });

  it('take variables of every scalar', async () => {
    const answer = await data(
      `query ($from: DateTime, $interval: Duration!, $zone: TimeZone, $latitude: Latitude!, $longitude: Longitude!) {
        measurements(where: { from: $from }) { statistics(interval: $interval, timezone: $zone, first: 1) { nodes { periodStart } } }
        stations(where: { near: { latitude: $latitude, longitude: $longitude, radius: 1000 } }) { nodes { id } }
      }`,
      {
        from: '2016-10-01T00:00:00Z',
        interval: 'P1D',
        zone: 'Europe/Madrid',
        latitude: 40.4,
        longitude: -3.7,
      },
    );
    assert.equal(answer.measurements.statistics.nodes[0].periodStart, '2016-09-30T22:00:00.000Z');
    assert.deepEqual(answer.stations.nodes, [{ id: 'aq_alba' }]);
  });

  it('page backward through the same rows as forward, in every order', async () => {
    for (const order of ['TIME', 'TIME_DESC', 'STATION', 'STATION_DESC']) {
      const forward = (
        await data(`{ measurements(orderBy: ${order}) { page(first: 1000) { nodes { id } } } }`)
      ).measurements.page.nodes;
      const backward: { id: string }[] = [];
      let before: string | null = null;
      do {
        const { measurements } = await data(
          `query ($before: String) { measurements(orderBy: ${order}) { page(last: 170, before: $before) {
            nodes { id } pageInfo { startCursor hasPreviousPage hasNextPage } } } }`,
          { before },
        );
        assert.equal(measurements.page.pageInfo.hasNextPage, before !== null);
        backward.unshift(...measurements.page.nodes);
        before = measurements.page.pageInfo.hasPreviousPage ? measurements.page.pageInfo.startCursor : null;
      } while (before !== null);
      assert.deepEqual(backward, forward);
    }
  });

  it('choose measurements by place and by value', async () => {
    const { inBox, nowhere, inCity, high, all } = await data(`{
      inBox: measurements(where: { place: { bbox: { west: -4, south: 40, east: -3, north: 41 } } }) { page(first: 500) { nodes { stationId } } csvUrl }
      nowhere: measurements(where: { place: { city: "Nowhere" } }) { count csvUrl statistics(interval: "P1D") { nodes { mean } } }
      inCity: measurements(where: { place: { city: "Barcelona" } }) { count }
      high: measurements(where: { values: [{ pollutant: NO2, operator: GT, value: 50 }, { pollutant: O3, operator: LT, value: 100 }] }) { count page(first: 500) { nodes { no2 o3 } } csvUrl }
      all: measurements(where: { stationIds: ["aq_brisa"] }) { count }
    }`);
    assert.ok(inBox.page.nodes.length > 100);
    assert.ok(inBox.page.nodes.every((row: { stationId: string }) => row.stationId === 'aq_alba'));
    assert.deepEqual([nowhere.count, nowhere.statistics.nodes], [0, []]);
    assert.equal((await (await gateway.get(nowhere.csvUrl)).text()).trimEnd().split('\n').length, 1);
    assert.equal(inCity.count, all.count);
    assert.ok(high.count > 0 && high.count < 400);
    assert.ok(high.page.nodes.every((row: { no2: number; o3: number }) => row.no2 > 50 && row.o3 < 100));
    const csv = await (await gateway.get(high.csvUrl)).text();
    assert.equal(csv.trimEnd().split('\n').length - 1, high.count, high.csvUrl);
  });

  it('give statistics page by page, with units and coverage', async () => {
    const query = `query ($after: String) { measurements(where: { stationIds: ["aq_alba", "aq_delta"] }) {
      statistics(interval: "PT8H", pollutants: [NO2, PM10], units: PPB_20C, first: 5, after: $after) {
        edges { cursor node { periodStart periodEnd stationId station { name } pollutant unit mean max p95 stddev expectedCount observedCount percentComplete percentCoverage valid } }
        pageInfo { endCursor hasNextPage hasPreviousPage }
      } } }`;
    const rows: Record<string, unknown>[] = [];
    let after: string | null = null;
    do {
      const { statistics }: { statistics: StatisticsPage } = (await data(query, { after })).measurements;
      rows.push(...statistics.edges.map(({ node }) => node));
      after = statistics.pageInfo.hasNextPage ? statistics.pageInfo.endCursor : null;
    } while (after !== null);
    // 50 hours from 20:00 on touch seven thirds of days.
    assert.equal(rows.length, 7 * 2 * 2);
    assert.equal(
      new Set(rows.map((row) => `${row.periodStart} ${row.stationId} ${row.pollutant}`)).size,
      rows.length,
    );
    const [first] = rows;
    assert.equal(first?.expectedCount, 32);
    assert.equal(first?.unit, 'ppb');
    assert.equal(rows[1]?.unit, 'µg/m³');
    assert.deepEqual(first?.station, { name: 'Aq_Alba' });
    assert.equal(first?.valid, false, 'the measurements begin in its middle');
  });

  it('tell air quality, how it is made, and what is above a limit', async () => {
    const answer = await data(`{
      airQualityIndex(index: US_EPA_AQI, stationIds: ["aq_alba"]) {
        index stationId timeInstant value category { name color upTo } pollutant
        components { pollutant averagingHours concentration unit value expectedCount observedCount }
      }
      airQualityIndexes { index name version source notes components { pollutant averagingHours unit bands { from to lowerIndex upperIndex } } categories { name upTo color } }
      limitValues { id standard pollutant averaging value allowedPerYear bindingFrom verified }
      exceedances(limitValue: "who-2021-no2-day") { limitValue { id } station { id } year validPeriods count exceeded maximum }
    }`);
    const [alba] = answer.airQualityIndex;
    assert.equal(alba.value, 500, 'PM2.5 of the fixture is absurd');
    assert.deepEqual([alba.pollutant, alba.category.name], ['PM2_5', 'Hazardous']);
    assert.equal(answer.airQualityIndexes.length, 3);
    assert.ok(answer.limitValues.some((value: { id: string }) => value.id === 'eu-2024-2881-co-8h'));
    assert.equal(answer.exceedances.length, 4);
    assert.equal(answer.exceedances[0].validPeriods, 2);
  });

  it('create and change stations with a key that may', async () => {
    const upsert = (station: string) =>
      `mutation { upsertStation(station: ${station}) { id name latitude longitude city timezone } }`;
    const created = upsert('{ id: "aq_new", latitude: 1.5, timezone: "Europe/Madrid" }');
    assert.equal((await withKey(undefined, created)).errors?.[0]?.extensions.code, 'UNAUTHENTICATED');
    assert.equal((await withKey(keys.read, created)).errors?.[0]?.extensions.code, 'FORBIDDEN');
    assert.deepEqual((await withKey(keys.write, created)).data.upsertStation, {
      id: 'aq_new',
      name: 'aq_new',
      latitude: 1.5,
      longitude: null,
      city: null,
      timezone: 'Europe/Madrid',
    });
    const changed = await withKey(keys.write, upsert('{ id: "aq_new", name: "New", latitude: null }'));
    assert.deepEqual(changed.data.upsertStation, {
      id: 'aq_new',
      name: 'New',
      latitude: null,
      longitude: null,
      city: null,
      timezone: 'Europe/Madrid',
    });
    const { rows } = await gateway.pool.query(
      `select action, target from audit_event where action = 'station.upsert'`,
    );
    assert.deepEqual(rows.length, 2);
    assert.equal(
      (await withKey(keys.write, upsert('{ id: "a b" }'))).errors?.[0]?.extensions.code,
      'INVALID_ARGUMENT',
    );
  });

  it('clear the cache by prefix with a key that may', async () => {
    await data('{ dataset { version } }');
    const clear = 'mutation { clearCache(prefix: "graphql-responses:") { entries replicasTold } }';
    assert.equal((await withKey(keys.write, clear)).errors?.[0]?.extensions.code, 'FORBIDDEN');
    const { clearCache } = (await withKey(keys.admin, clear)).data;
    assert.ok(clearCache.entries >= 1);
    assert.equal(clearCache.replicasTold, true);
    assert.equal((await withKey(keys.admin, clear)).data.clearCache.entries, 0);
  });

  const page = (args: string) => `{ measurements { page(${args}) { nodes { id } } } }`;
  const statistics = (args: string) => `{ measurements { statistics(${args}) { nodes { mean } } } }`;
  const refusals: [query: string, code: string, message: RegExp][] = [
    [page('first: 1, last: 1'), 'INVALID_PAGE', /either `first` or `last`/],
    [page('first: 1, after: "x", before: "y"'), 'INVALID_PAGE', /either `after` or `before`/],
    [page('first: 1, before: "x"'), 'INVALID_PAGE', /`before` with `last`/],
    [page('last: 0'), 'PAGE_SIZE', /1 to 10000 rows, not 0/],
    [
      page(`first: 1, after: "${Buffer.from('TIME_DESC~0~aq_alba').toString('base64url')}"`),
      'INVALID_CURSOR',
      /TIME_DESC, not TIME/,
    ],
    [statistics('interval: "PT7M"'), 'INVALID_INTERVAL', /fill an hour/],
    [statistics('interval: "P1D", timezone: "Europe/Nowhere"'), 'INVALID_TIMEZONE', /Europe\/Nowhere/],
    [statistics('interval: "P1D", timezone: "+01:00"'), 'INVALID_TIMEZONE', /\+01:00/],
    [statistics('interval: "P1D", first: 0'), 'PAGE_SIZE', /not 0/],
    [statistics('interval: "P1D", after: "x"'), 'INVALID_CURSOR', /broken/],
    [statistics('interval: "P1D", pollutants: []'), 'INVALID_ARGUMENT', /pollutants is empty/],
    ['{ exceedances(limitValue: "no") { count } }', 'INVALID_ARGUMENT', /no limit value "no"/],
    ['{ airQualityIndex(index: EU_EAQI, stationIds: ["aq_none"]) { value } }', 'UNKNOWN_STATION', /aq_none/],
    ['{ measurements(where: { stationIds: ["aq_none"] }) { count } }', 'UNKNOWN_STATION', /aq_none/],
    [
      '{ stations(where: { near: { latitude: 91, longitude: 0, radius: 1 } }) { nodes { id } } }',
      'GRAPHQL_VALIDATION_FAILED',
      /between -90 and 90: 91/,
    ],
  ];
  for (const [query, code, message] of refusals) {
    it(`refuse ${query} with ${code}`, async () => {
      const { errors } = await gateway.graphql(query);
      assert.equal(errors?.[0]?.extensions.code, code, JSON.stringify(errors));
      assert.match(errors?.[0]?.message ?? '', message);
    });
  }

  it('refuse variables of the wrong type and say which', async () => {
    const response = await gateway.get('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        query:
          'query ($first: Int, $zone: TimeZone) { measurements { page(first: $first) { nodes { id } } statistics(interval: "P1D", timezone: $zone) { nodes { mean } } } }',
        variables: { first: 'many', zone: 'Nowhere' },
      }),
    });
    assert.equal(response.status, 200);
    const { errors } = (await response.json()) as GraphQLAnswer;
    assert.equal(errors?.[0]?.extensions.code, 'BAD_USER_INPUT');
    assert.match(errors?.[0]?.message ?? '', /\$first/);
  });
});
