import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startTestGateway, type TestGateway } from '../fixtures/gateway.ts';
import { countStatements } from '../fixtures/statements.ts';

describe('Many stations', () => {
  let gateway: TestGateway;

  before(async () => {
    // Without the cache every query is executed.
    gateway = await startTestGateway({ CACHE_TTL_GRAPHQL_RESPONSES_SECONDS: '0' });
    await gateway.pool.query(
      `insert into station (id, name, timezone) select 'aq_' || lpad(n::text, 4, '0'), 'Station ' || n,
         case n % 3 when 0 then 'UTC' when 1 then 'Europe/Madrid' else 'Asia/Kolkata' end from generate_series(1, 1000) n`,
    );
    await gateway.pool.query(`select measurement_partitions_ensure('2021-03-01', '2021-03-08')`);
    await gateway.pool.query(
      `insert into environment_airq_measurand ("TimeInstant", id_entity, no2, o3, pm2_5)
       select instant, id, 10 + n % 7, 20, 5
       from (select id, row_number() over (order by id) as n from station) station,
         generate_series('2021-03-01'::timestamptz, '2021-03-07T23:00Z', '1 hour') instant`,
    );
    await gateway.pool.query('analyze');
  });
  after(() => gateway.close());

  const query = `query ($first: Int!) {
    stations(first: $first) { nodes {
      id
      latest { timeInstant no2 station { name } }
      airQualityIndex(index: EU_EAQI) { value category { name } station { id } }
      measurements(from: "2021-03-01T00:00:00Z", to: "2021-03-08T00:00:00Z") {
        count
        csvUrl
        statistics(interval: "P1D", pollutants: [NO2, O3], first: 20) { nodes { periodStart pollutant mean observedCount expectedCount } pageInfo { hasNextPage } }
        page(first: 3) { nodes { timeInstant no2 station { id } } pageInfo { hasNextPage endCursor } }
        newest: page(last: 1) { nodes { timeInstant } pageInfo { hasPreviousPage } }
      }
    } }
  }`;

  it('cost as many statements as a few', async () => {
    const run = async (first: number) => {
      let answer: Awaited<ReturnType<TestGateway['graphql']>> | undefined;
      const statements = await countStatements(async () => {
        answer = await gateway.graphql(query, { first });
      });
      assert.equal(answer?.errors, undefined);
      assert.equal(answer?.data.stations.nodes.length, first);
      return { statements, nodes: answer?.data.stations.nodes };
    };
    const few = await run(2);
    const many = await run(1_000);
    assert.equal(
      many.statements.length,
      few.statements.length,
      many.statements.join('\n---\n').slice(0, 4_000),
    );
    assert.ok(many.statements.length <= 12, `${many.statements.length} statements`);
    assert.deepEqual(many.nodes.slice(0, 2), few.nodes);
    for (const { id, latest, airQualityIndex, measurements } of many.nodes) {
      assert.equal(latest.timeInstant, '2021-03-07T23:00:00.000Z');
      assert.equal(latest.station.name, `Station ${Number(id.slice(3))}`);
      assert.equal(airQualityIndex.station.id, id);
      assert.equal(measurements.count, 168);
      assert.equal(measurements.page.nodes[0].station.id, id);
      assert.equal(measurements.newest.nodes[0].timeInstant, latest.timeInstant);
      assert.equal(measurements.newest.pageInfo.hasPreviousPage, true);
      const observed = measurements.statistics.nodes.filter(
        (row: { pollutant: string }) => row.pollutant === 'NO2',
      );
      assert.equal(
        observed.reduce((sum: number, row: { observedCount: number }) => sum + row.observedCount, 0),
        168,
      );
      assert.ok(observed.every((row: { mean: number }) => row.mean === 10 + (Number(id.slice(3)) % 7)));
    }
  });

  it('give each station what it gives alone', async () => {
    const alone = await gateway.graphql(
      `{ station(id: "aq_0002") { measurements(from: "2021-03-01T00:00:00Z", to: "2021-03-08T00:00:00Z") {
        statistics(interval: "P1D", pollutants: [NO2, O3], first: 20) { nodes { periodStart pollutant mean observedCount expectedCount } pageInfo { hasNextPage } }
        page(first: 3) { nodes { timeInstant no2 station { id } } pageInfo { hasNextPage endCursor } }
      } } }`,
    );
    const among = (await gateway.graphql(query, { first: 5 })).data.stations.nodes[1].measurements;
    assert.deepEqual(alone.data.station.measurements.statistics, among.statistics);
    assert.deepEqual(alone.data.station.measurements.page, among.page);
  });
});
