import assert from 'node:assert/strict';
import { get } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { startTestGateway, type TestGateway } from '../fixtures/gateway.ts';
import { insertMeasurements } from '../fixtures/measurements.ts';

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly trailers: Record<string, string>;
  readonly body: Buffer;
}

describe('/air_quality over HTTP', () => {
  let gateway: TestGateway;

  before(async () => {
    gateway = await startTestGateway();
    await insertMeasurements(gateway.pool, 2_000);
  });
  after(() => gateway.close());

  /** Plain node:http, which decodes nothing and shows trailers. */
  function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
    return new Promise((resolve, reject) => {
      get(gateway.url + path, { headers, method }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers as Record<string, string>,
            trailers: response.trailers as Record<string, string>,
            body: Buffer.concat(chunks),
          }),
        );
      }).once('error', reject);
    });
  }

  const decoders = { zstd: zstdDecompressSync, br: brotliDecompressSync, gzip: gunzipSync };
  for (const [encoding, decode] of Object.entries(decoders)) {
    it(`compresses with ${encoding} to the same bytes`, async () => {
      const plain = await ask('/air_quality');
      const packed = await ask('/air_quality', { 'accept-encoding': encoding });
      assert.equal(plain.headers['content-encoding'], undefined);
      assert.equal(packed.headers['content-encoding'], encoding);
      assert.ok(packed.body.length < 0.7 * plain.body.length);
      assert.ok(decode(packed.body).equals(plain.body));
      assert.match(packed.headers.vary ?? '', /Accept-Encoding/);
    });
  }

  it('weighs q-values of encodings and formats', async () => {
    const encoding = async (accept: string) =>
      (await ask('/air_quality?limit=50', { 'accept-encoding': accept })).headers['content-encoding'];
    assert.equal(await encoding('gzip;q=0.5, br;q=0.9'), 'br');
    assert.equal(await encoding('gzip, zstd;q=0'), 'gzip');
    assert.equal(await encoding('identity'), undefined);
    const type = async (accept: string) =>
      (await ask('/air_quality?limit=5', { accept })).headers['content-type'];
    assert.match((await type('text/csv;q=0.5, application/json')) ?? '', /^application\/json/);
    assert.match((await type('application/x-ndjson, text/csv;q=0.9')) ?? '', /ndjson/);
    assert.equal((await ask('/air_quality', { accept: 'image/png' })).status, 406);
  });

  it('counts the rows in a trailer', async () => {
    const { body, headers, trailers } = await ask('/air_quality.ndjson', { 'accept-encoding': 'gzip' });
    assert.equal(headers.trailer, 'Row-Count');
    assert.equal(Number(trailers['row-count']), gunzipSync(body).toString().split('\n').length - 1);
  });

  it('answers 304 while the data is the same, and anew after any change of it', async () => {
    const first = await ask('/air_quality?limit=10');
    const tag = first.headers.etag ?? '';
    assert.match(tag, /^W\/"\d+-/);
    assert.ok(Date.parse(first.headers['last-modified'] ?? '') <= Date.now());
    assert.equal(first.headers['cache-control'], 'public, no-cache');
    const same = await ask('/air_quality?limit=10', { 'if-none-match': `"other", ${tag}` });
    assert.equal(same.status, 304);
    assert.equal(same.body.length, 0);
    assert.equal(
      (await ask('/air_quality?limit=11', { 'if-none-match': tag })).status,
      200,
      'another question',
    );
    assert.equal(
      (await ask('/air_quality.json?limit=10', { 'if-none-match': tag })).status,
      200,
      'another format',
    );
    await gateway.pool.query(`update station set name = name where id = 'aq_alba'`);
    const changed = await ask('/air_quality?limit=10', { 'if-none-match': tag });
    assert.equal(changed.status, 200);
    assert.notEqual(changed.headers.etag, tag);
  });

  it('serves a small answer from the cache until the data changes', async () => {
    const path = '/air_quality.csv?limit=3&order=-time';
    const made = await ask(path);
    const kept = await ask(path);
    assert.equal(made.headers['x-cache'], undefined);
    assert.equal(kept.headers['x-cache'], 'HIT');
    assert.ok(kept.body.equals(made.body));
    for (const name of ['content-type', 'content-disposition', 'link', 'etag']) {
      assert.equal(kept.headers[name], made.headers[name], name);
    }
    await gateway.pool.query('update environment_airq_measurand set so2 = 42 where true');
    const changed = await ask(path);
    assert.equal(changed.headers['x-cache'], undefined);
    assert.match(changed.body.toString(), /,42,/);
  });

  it('answers HEAD with the headers of GET', async () => {
    const head = await ask('/air_quality?from=2016-10-01&to=2016-10-02&id_entity=aq_alba', {}, 'HEAD');
    assert.equal(head.status, 200);
    assert.equal(head.body.length, 0);
    assert.equal(head.headers['content-type'], 'text/csv; charset=utf-8');
    assert.equal(
      head.headers['content-disposition'],
      'attachment; filename="air_quality_aq_alba_2016-10-01_2016-10-02.csv"',
    );
    assert.match(head.headers.etag ?? '', /^W\//);
    assert.equal((await ask('/air_quality?id_entity=nowhere', {}, 'HEAD')).status, 404);
  });

  it('lets pages of every origin read it', async () => {
    const { headers } = await ask('/air_quality?limit=1', { origin: 'https://maps.example' });
    assert.equal(headers['access-control-allow-origin'], '*');
    assert.match(headers['access-control-expose-headers'] ?? '', /Link/);
  });

  it('describes itself in OpenAPI 3.1 with every parameter, and shows that to people without another host', async () => {
    const { body } = await ask('/openapi.json');
    const document = JSON.parse(body.toString());
    assert.equal(document.openapi, '3.1.0');
    const parameters = document.paths['/air_quality'].get.parameters as {
      name: string;
      description: string;
    }[];
    const unknown = JSON.parse((await ask('/air_quality?nonsense=1')).body.toString());
    const accepted = /Parameters: (.+)\./.exec(unknown.hint)?.[1]?.split(', ');
    assert.deepEqual(
      parameters.map(({ name }) => name),
      accepted,
    );
    for (const { name, description } of parameters) assert.ok(description, `${name} is described`);
    const page = (await ask('/docs')).body.toString();
    assert.doesNotMatch(page, /https?:\/\//);
    for (const [, path] of page.matchAll(/(?:src|href)="([^"]+)"/g)) {
      assert.equal((await ask(path ?? '')).status, 200, path);
    }
  });

  it('gives stations and latest values as GeoJSON', async () => {
    await gateway.pool.query(`update station set latitude = 40.5, longitude = -3.7 where id = 'aq_alba'`);
    const places = JSON.parse((await ask('/stations.geojson')).body.toString());
    assert.equal(places.type, 'FeatureCollection');
    assert.deepEqual(places.features[0].geometry, { type: 'Point', coordinates: [-3.7, 40.5] });
    assert.equal(places.features[1].geometry, null);
    const newest = await ask('/air_quality/latest.geojson?id_entity=aq_alba');
    assert.equal(newest.headers['content-type'], 'application/geo+json; charset=utf-8');
    const { features } = JSON.parse(newest.body.toString());
    assert.equal(features.length, 1);
    assert.equal(features[0].properties.so2, 42);
    assert.ok(features[0].properties.age_seconds > 0);
  });
});
