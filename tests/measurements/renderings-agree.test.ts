import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { parse as parseCsv } from 'csv-parse/sync';
import fc from 'fast-check';
import { type PollutantCode, pollutantCodes } from '../../src/measurements/pollutants.ts';
import { startTestGateway, type TestGateway } from '../fixtures/gateway.ts';
import { insertMeasurements, stationIds } from '../fixtures/measurements.ts';

/** One row as every rendering must give it. */
type Row = [timeInstant: string, stationId: string, ...values: (number | null)[]];

interface Selection {
  readonly stationIds: readonly string[] | null;
  readonly from: Date | null;
  readonly to: Date | null;
  readonly pollutants: readonly PollutantCode[];
  readonly order: 'TIME' | 'TIME_DESC' | 'STATION';
  readonly pageSize: number;
}

const instant = fc.date({
  min: new Date('2016-09-30T19:00Z'),
  max: new Date('2016-10-02T12:00Z'),
  noInvalidDate: true,
});

const selections: fc.Arbitrary<Selection> = fc
  .record({
    stationIds: fc.option(fc.uniqueArray(fc.constantFrom(...stationIds), { minLength: 1 })),
    range: fc.tuple(fc.option(instant), fc.option(instant)),
    pollutants: fc.shuffledSubarray([...pollutantCodes], { minLength: 1 }),
    order: fc.constantFrom('TIME', 'TIME_DESC', 'STATION'),
    pageSize: fc.integer({ min: 40, max: 400 }),
  })
  .map(({ range: [a, b], ...selection }) => ({
    ...selection,
    from: a !== null && b !== null && a > b ? b : a,
    to: a !== null && b !== null && a > b ? a : b,
  })) as fc.Arbitrary<Selection>;

describe('every rendering of a selection', () => {
  let gateway: TestGateway;

  before(async () => {
    gateway = await startTestGateway();
    await insertMeasurements(gateway.pool, 150);
  });
  after(() => gateway.close());

  it('gives the rows of a plain SQL query, in its order, to the last bit', async () => {
    let rowsSeen = 0;
    await fc.assert(
      fc.asyncProperty(selections, async (selection) => {
        const expected = await rowsBySql(selection);
        rowsSeen += expected.length;
        assert.deepEqual(await rowsByCsv(selection), expected, 'CSV');
        assert.deepEqual(await rowsByJson(selection), expected, 'JSON');
        assert.deepEqual(await rowsByNdjson(selection), expected, 'NDJSON');
        assert.deepEqual(await rowsByGraphQL(selection), expected, 'GraphQL');
        assert.equal(await textByPages('csv', selection), await body('csv', selection), 'CSV by pages');
        assert.equal(
          await textByPages('ndjson', selection),
          await body('ndjson', selection),
          'NDJSON by pages',
        );
      }),
      { numRuns: 40 },
    );
    assert.ok(rowsSeen > 1_000, 'the selections chose rows');
  });

  async function rowsBySql({ stationIds, from, to, pollutants, order }: Selection): Promise<Row[]> {
    const orders = {
      TIME: '"TimeInstant", id_entity',
      TIME_DESC: '"TimeInstant" desc, id_entity desc',
      STATION: 'id_entity, "TimeInstant"',
    };
    const { rows } = await gateway.pool.query({
      text: `select "TimeInstant", id_entity, ${pollutants.join(', ')} from environment_airq_measurand
        where ($1::text[] is null or id_entity = any($1)) and ($2::timestamptz is null or "TimeInstant" >= $2)
        and ($3::timestamptz is null or "TimeInstant" < $3) order by ${orders[order]}`,
      values: [stationIds, from, to],
      rowMode: 'array',
    });
    return rows.map(([time, ...rest]) => [(time as Date).toISOString(), ...rest] as Row);
  }

  function path(suffix: string, { stationIds, from, to, pollutants, order }: Selection): string {
    const query = new URLSearchParams({
      order: { TIME: 'time', TIME_DESC: '-time', STATION: 'station' }[order],
      pollutant: pollutants.join(','),
    });
    for (const id of stationIds ?? []) query.append('id_entity', id);
    if (from !== null) query.set('from', from.toISOString());
    if (to !== null) query.set('to', to.toISOString());
    return `/air_quality.${suffix}?${query}`;
  }

  async function body(suffix: string, selection: Selection): Promise<string> {
    const response = await gateway.get(path(suffix, selection));
    const text = await response.text();
    assert.equal(response.status, 200, text);
    return text;
  }

  async function rowsByCsv(selection: Selection): Promise<Row[]> {
    const [header, ...lines] = parseCsv(await body('csv', selection)) as string[][];
    assert.deepEqual(header, ['TimeInstant', 'id_entity', ...selection.pollutants]);
    return lines.map(
      ([time, station, ...values]) =>
        [time, station, ...values.map((text) => (text === '' ? null : Number(text)))] as Row,
    );
  }

  /** The pages of `limit` behind each other, by their links; the header of the first only. */
  async function textByPages(suffix: 'csv' | 'ndjson', selection: Selection): Promise<string> {
    let text = '';
    let next: string | undefined = `${path(suffix, selection)}&limit=${selection.pageSize}`;
    while (next !== undefined) {
      const response: Response = await gateway.get(next);
      const page = await response.text();
      assert.equal(response.status, 200, page);
      text += text === '' || suffix === 'ndjson' ? page : page.slice(page.indexOf('\n') + 1);
      next = /<(.+)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1];
    }
    return text;
  }

  const rowOfObject = (object: Record<string, unknown>, { pollutants }: Selection): Row => {
    assert.deepEqual(Object.keys(object), ['TimeInstant', 'id_entity', ...pollutants]);
    return Object.values(object) as Row;
  };

  async function rowsByJson(selection: Selection): Promise<Row[]> {
    const { measurements } = JSON.parse(await body('json', selection));
    return measurements.map((object: Record<string, unknown>) => rowOfObject(object, selection));
  }

  async function rowsByNdjson(selection: Selection): Promise<Row[]> {
    const lines = (await body('ndjson', selection)).split('\n');
    assert.equal(lines.pop(), '');
    return lines.map((line) => rowOfObject(JSON.parse(line), selection));
  }

  async function rowsByGraphQL({
    stationIds,
    from,
    to,
    pollutants,
    order,
    pageSize,
  }: Selection): Promise<Row[]> {
    const query = `query ($where: MeasurementFilter, $order: MeasurementOrder!, $first: Int!, $after: String) {
      measurements(where: $where, orderBy: $order) {
        page(first: $first, after: $after) {
          edges { cursor node { timeInstant stationId ${pollutants.join(' ')} } }
          pageInfo { hasNextPage endCursor }
        }
      }
    }`;
    const rows: Row[] = [];
    let after: string | null = null;
    do {
      const answer = await gateway.graphql(query, {
        where: { stationIds, from, to, pollutants: pollutants.map((code) => code.toUpperCase()) },
        order,
        first: pageSize,
        after,
      });
      assert.equal(answer.errors, undefined);
      const { edges, pageInfo } = answer.data.measurements.page;
      for (const { node } of edges) {
        rows.push([node.timeInstant, node.stationId, ...pollutants.map((code) => node[code])]);
      }
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    } while (after !== null);
    return rows;
  }
});
