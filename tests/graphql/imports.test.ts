import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { loadConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/database/database.ts';
import { createApiKey } from '../../src/keys/api-keys.ts';
import { startTestGateway, type TestGateway } from '../fixtures/gateway.ts';

const csv = 'TimeInstant,id_entity,no2\n2016-10-01 00:00:00.004,s1,1\n';
const mutation = `mutation ($source: ImportSource!, $maxRejects: String = "10%") {
  importMeasurements(source: $source, maxRejects: $maxRejects) {
    outcome id rowsRead rowsInserted rowsRejected rejections { line field value reason }
  }
}`;

const files = createServer((request, response) => {
  if (request.url?.startsWith('/open/moved')) response.writeHead(302, { location: '/closed/air.csv' }).end();
  else response.end(csv.replace('s1', 'from_url'));
}).listen(0, '127.0.0.1');

let gateway: TestGateway;
let key: string;
let address: string;

before(async () => {
  if (!files.listening) await once(files, 'listening');
  address = `http://127.0.0.1:${(files.address() as AddressInfo).port}`;
  gateway = await startTestGateway({ IMPORT_URL_PREFIXES: `${address}/open/` });
  const database = await openDatabase(loadConfig({ DATABASE_URL: gateway.databaseUrl }));
  key = (await createApiKey(database.prisma, { name: 'test', scopes: ['write'], actor: 'test' })).key;
  await database.close();
});
after(async () => {
  files.close();
  await gateway.close();
});

interface Answer {
  // biome-ignore lint/suspicious/noExplicitAny: the shape is each test's to know.
  data: any;
  errors?: { message: string; extensions: { code: string } }[];
}

async function run(query: string, variables: object, authorization?: string) {
  const response = await gateway.get('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(authorization && { authorization }) },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as Answer;
}

test('importMeasurements loads text and answers what became of it', async () => {
  const { data, errors } = await run(
    mutation,
    { source: { text: `${csv}2016-10-01 00:15:00,s1,x\n` }, maxRejects: '1' },
    `Bearer ${key}`,
  );
  assert.equal(errors, undefined);
  assert.equal(data.importMeasurements.outcome, 'LOADED');
  assert.equal(data.importMeasurements.rowsInserted, 1);
  assert.equal(data.importMeasurements.rejections[0].line, 3);
  const listed = await run(
    '{ imports(first: 1) { id source rowsRejected rejections { field } importedBy } }',
    {},
  );
  assert.equal(listed.data.imports[0].id, data.importMeasurements.id);
  assert.equal(listed.data.imports[0].rejections[0].field, 'no2');
});

test('it needs a key with the scope write', async () => {
  const { data, errors } = await run(mutation, { source: { text: csv } });
  assert.equal(data, null);
  assert.equal(errors?.[0]?.extensions.code, 'UNAUTHENTICATED');
});

test('it loads from URLs that the operator allows, and from no others, not even by way of a redirect', async () => {
  const load = (url: string) => run(mutation, { source: { url } }, `Bearer ${key}`);
  assert.equal((await load(`${address}/open/air.csv`)).data.importMeasurements.outcome, 'LOADED');
  for (const url of [
    `${address}/closed/air.csv`,
    'http://169.254.169.254/open/',
    'file:///etc/passwd',
    '/etc/passwd',
    '-',
  ]) {
    assert.equal((await load(url)).errors?.[0]?.extensions.code, 'FORBIDDEN', url);
  }
  assert.equal((await load(`${address}/open/moved`)).errors?.[0]?.extensions.code, 'INVALID_SOURCE');
  assert.equal((await load(`${address}/open/../closed/air.csv`)).errors?.[0]?.extensions.code, 'FORBIDDEN');
});

test('imports refuses a page that is too large and an id that is none', async () => {
  assert.equal((await run('{ imports(first: 0) { id } }', {})).errors?.[0]?.extensions.code, 'PAGE_SIZE');
  assert.equal(
    (await run('{ imports(before: "x") { id } }', {})).errors?.[0]?.extensions.code,
    'INVALID_ARGUMENT',
  );
});
