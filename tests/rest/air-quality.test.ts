import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startTestGateway, type TestGateway } from '../fixtures/gateway.ts';
import { insertMeasurements } from '../fixtures/measurements.ts';

describe('GET /air_quality', () => {
  let gateway: TestGateway;

  before(async () => {
    gateway = await startTestGateway();
    await insertMeasurements(gateway.pool, 40);
  });
  after(() => gateway.close());

  const text = async (path: string, init?: RequestInit) => (await gateway.get(path, init)).text();

  it('gives every measurement as CSV, by time then station', async () => {
    const response = await gateway.get('/air_quality');
    assert.equal(response.headers.get('content-type'), 'text/csv; charset=utf-8');
    const lines = (await response.text()).split('\n');
    assert.equal(lines[0], 'TimeInstant,id_entity,so2,no2,co,o3,pm10,pm2_5');
    assert.equal(lines.pop(), '');
    const { rows } = await gateway.pool.query(
      'select count(*)::int as count from environment_airq_measurand',
    );
    assert.equal(lines.length, 1 + rows[0].count);
    const keys = lines.slice(1).map((line) => line.split(',').slice(0, 2).join());
    assert.deepEqual(keys, keys.toSorted());
    assert.match(keys[0] ?? '', /^2016-09-30T20:00:00\.\d{3}Z,aq_/);
  });

  it('takes stations repeated or comma-separated, a half-open range and columns', async () => {
    const byComma = await text(
      '/air_quality?id_entity=aq_delta,aq_alba&from=2016-10-01&to=2016-10-01T01:00:00Z&pollutant=pm10,co',
    );
    const repeated = await text(
      '/air_quality?id_entity=aq_delta&id_entity=aq_alba&from=2016-10-01T02:00:00%2B02:00&to=2016-10-01T01:00&pollutant=pm10&pollutant=co',
    );
    assert.equal(repeated, byComma);
    const [header, ...rows] = byComma.trimEnd().split('\n');
    assert.equal(header, 'TimeInstant,id_entity,pm10,co');
    assert.ok(rows.length >= 6);
    for (const row of rows)
      assert.match(row, /^2016-10-01T00:\d\d:\d\d\.\d{3}Z,aq_(alba|delta),[\d.e-]+,[\d.e-]+$/);
  });

  it('answers an empty selection with a header, not an error', async () => {
    const response = await gateway.get('/air_quality?from=2030-01-01');
    assert.equal(response.status, 200);
    assert.equal(await response.text(), 'TimeInstant,id_entity,so2,no2,co,o3,pm10,pm2_5\n');
    assert.deepEqual(JSON.parse(await text('/air_quality.json?from=2030-01-01')), { measurements: [] });
    assert.equal(await text('/air_quality.ndjson?from=2030-01-01'), '');
  });

  it('goes on behind a cursor of GraphQL, up to a limit', async () => {
    const all = (await text('/air_quality')).split('\n');
    const answer = await gateway.graphql('{ measurements { page(first: 7) { pageInfo { endCursor } } } }');
    const cursor = answer.data.measurements.page.pageInfo.endCursor;
    const rest = (await text(`/air_quality?after=${cursor}&limit=5`)).trimEnd().split('\n');
    assert.deepEqual(rest.slice(1), all.slice(8, 13));
  });

  it('chooses the format by suffix, `format`, or Accept', async () => {
    const type = async (path: string, accept?: string) =>
      (await gateway.get(path, accept === undefined ? {} : { headers: { accept } })).headers.get(
        'content-type',
      );
    assert.equal(await type('/air_quality.json'), 'application/json; charset=utf-8');
    assert.equal(await type('/air_quality?format=ndjson'), 'application/x-ndjson; charset=utf-8');
    assert.equal(await type('/air_quality', 'application/json'), 'application/json; charset=utf-8');
    assert.equal(await type('/air_quality', 'text/html,*/*;q=0.8'), 'text/csv; charset=utf-8');
  });

  const refusals: [path: string, status: number, code: string, field: string, hint: RegExp][] = [
    ['/air_quality?polutant=co', 400, 'UNKNOWN_PARAMETER', 'polutant', /Did you mean `pollutant`\?/],
    ['/air_quality?from=2016-10-01&from=2016-10-02', 400, 'REPEATED_PARAMETER', 'from', /once/],
    ['/air_quality?from=yesterday', 400, 'INVALID_ARGUMENT', 'from', /ISO 8601/],
    ['/air_quality?from=2016-02-30', 400, 'INVALID_ARGUMENT', 'from', /ISO 8601/],
    ['/air_quality?pollutant=co2', 400, 'INVALID_ARGUMENT', 'pollutant', /so2, no2, co, o3, pm10, pm2_5/],
    ['/air_quality?pollutant=co,co', 400, 'INVALID_ARGUMENT', 'pollutant', /each once/],
    ['/air_quality?order=size', 400, 'INVALID_ARGUMENT', 'order', /-time/],
    ['/air_quality?limit=-1', 400, 'INVALID_ARGUMENT', 'limit', /whole number/],
    ['/air_quality?after=bm9wZQ', 400, 'INVALID_CURSOR', 'after', /earlier answer/],
    ['/air_quality?from=2016-10-02&to=2016-10-01', 400, 'INVALID_RANGE', 'from', /half-open/],
    ['/air_quality?id_entity=aq_alb', 404, 'UNKNOWN_STATION', 'id_entity', /Did you mean "aq_alba"\?/],
    [
      "/air_quality?id_entity=aq'); drop table station; --",
      400,
      'INVALID_ARGUMENT',
      'id_entity',
      /station id has/,
    ],
    ['/air_quality.xml', 406, 'NOT_ACCEPTABLE', 'format', /csv \(text\/csv\)/],
    ['/air_qualty', 404, 'NOT_FOUND', '', /See \//],
  ];
  for (const [path, status, code, field, hint] of refusals) {
    it(`refuses ${path} with ${status} ${code}`, async () => {
      const response = await gateway.get(path);
      assert.equal(response.headers.get('content-type'), 'application/problem+json; charset=utf-8');
      const problem = (await response.json()) as Record<string, string>;
      assert.equal(response.status, status);
      assert.equal(problem.code, code);
      assert.equal(problem.status, status);
      assert.equal(problem.field ?? '', field);
      assert.match(problem.hint ?? '', hint);
      assert.equal(problem.requestId, response.headers.get('x-request-id'));
      const explained = await gateway.get(problem.type ?? '');
      assert.equal(((await explained.json()) as { code: string }).code, code);
    });
  }
});
