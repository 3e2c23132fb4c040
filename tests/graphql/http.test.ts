import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { getIntrospectionQuery } from 'graphql';
import { serverAudits } from 'graphql-http';
import { pino } from 'pino';
import { createFormatError } from '../../src/graphql/format-error.ts';
import { readTrustedDocuments } from '../../src/graphql/trusted-documents.ts';
import { type GraphQLAnswer, startTestGateway, type TestGateway } from '../fixtures/gateway.ts';

const json = { 'content-type': 'application/json' };

describe('GraphQL over HTTP', () => {
  let gateway: TestGateway;

  before(async () => {
    gateway = await startTestGateway();
  });
  after(() => gateway.close());

  const post = (body: unknown, headers: Record<string, string> = json) =>
    gateway.get('/graphql', { method: 'POST', headers, body: JSON.stringify(body) });

  describe('passes the audit', () => {
    const audits = serverAudits({ url: () => `${gateway.url}/graphql`, fetchFn: auditFetch });
    for (const audit of audits) {
      const level = /^(MUST|SHOULD|MAY)/.exec(audit.name)?.[1];
      it(audit.name, async (test) => {
        const result = await audit.fn();
        if (result.status === 'ok') return;
        if (level === 'MAY') test.diagnostic(`optional: ${result.reason}`);
        else assert.fail(result.reason);
      });
    }
  });

  /** The audits send GET without the header that shows a browser did not do it by itself. */
  function auditFetch(url: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (init.method === undefined || init.method === 'GET') headers.set('apollo-require-preflight', 'audit');
    return fetch(url, { ...init, headers });
  }

  const simple: [name: string, path: string, init: RequestInit][] = [
    ['GET', '/graphql?query={dataset{version}}', {}],
    [
      'POST as text',
      '/graphql',
      { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '{"query":"{dataset{version}}"}' },
    ],
    [
      'POST as a form',
      '/graphql',
      {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'query={dataset{version}}',
      },
    ],
    [
      'POST without a type',
      '/graphql',
      { method: 'POST', body: new Uint8Array(Buffer.from('{"query":"{dataset{version}}"}')) },
    ],
  ];
  for (const [name, path, init] of simple) {
    it(`refuses what a foreign page can make a browser send: ${name}`, async () => {
      const response = await gateway.get(path, init);
      assert.ok(response.status >= 400 && response.status < 500, String(response.status));
      const { errors, data } = (await response.json()) as GraphQLAnswer;
      assert.equal(data, undefined);
      assert.match(errors?.[0]?.message ?? '', /CSRF|content-type|Content-Type/);
    });
  }

  it('answers GET with a header that browsers do not send by themselves', async () => {
    const response = await gateway.get('/graphql?query={dataset{version}}', {
      headers: { 'apollo-require-preflight': '1' },
    });
    assert.equal(response.status, 200);
    const mutation = await gateway.get(
      `/graphql?query=${encodeURIComponent('mutation { clearCache { entries } }')}`,
      { headers: { 'apollo-require-preflight': '1' } },
    );
    assert.equal(mutation.status, 405);
  });

  it('refuses batches', async () => {
    const response = await post([{ query: '{ dataset { version } }' }, { query: '{ dataset { version } }' }]);
    assert.equal(response.status, 400);
    const { errors } = (await response.json()) as GraphQLAnswer;
    assert.match(errors?.[0]?.message ?? '', /batch/i);
  });

  it('says what is wrong with a body that is no JSON', async () => {
    const response = await gateway.get('/graphql', { method: 'POST', headers: json, body: '{"query":' });
    assert.equal(response.status, 400);
    const { errors } = (await response.json()) as GraphQLAnswer;
    assert.match(errors?.[0]?.message ?? '', /not JSON/);
  });

  it('registers persisted queries and executes them by hash alone', async () => {
    const query = '{ dataset { version changedAt } }';
    const extensions = {
      persistedQuery: { version: 1, sha256Hash: createHash('sha256').update(query).digest('hex') },
    };
    const unknown = (await (await post({ extensions })).json()) as GraphQLAnswer;
    assert.equal(unknown.errors?.[0]?.extensions.code, 'PERSISTED_QUERY_NOT_FOUND');
    const wrong = { persistedQuery: { version: 1, sha256Hash: 'f'.repeat(64) } };
    assert.match(
      ((await (await post({ query, extensions: wrong })).json()) as GraphQLAnswer).errors?.[0]?.message ?? '',
      /does not match/,
    );
    const registered = (await (await post({ query, extensions })).json()) as GraphQLAnswer;
    assert.equal(registered.errors, undefined);
    const byHash = (await (await post({ extensions })).json()) as GraphQLAnswer;
    assert.deepEqual(byHash.data, registered.data);
    const get = await gateway.get(`/graphql?extensions=${encodeURIComponent(JSON.stringify(extensions))}`, {
      headers: { 'apollo-require-preflight': '1' },
    });
    assert.deepEqual(((await get.json()) as GraphQLAnswer).data, registered.data);
  });

  it('masks what goes wrong inside under an id that is in the log', () => {
    const lines: { errorId?: string; err?: { message: string } }[] = [];
    const format = createFormatError(
      pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) }),
    );
    const shown = format(
      { message: 'secret', extensions: { code: 'INTERNAL_SERVER_ERROR' } },
      new Error('secret'),
    );
    assert.ok(!JSON.stringify(shown).includes('secret'));
    assert.equal(shown.extensions?.code, 'INTERNAL');
    assert.match(String(shown.extensions?.id), /^[0-9a-f-]{36}$/);
    assert.equal(lines[0]?.errorId, shown.extensions?.id);
    assert.equal(lines[0]?.err?.message, 'secret');
  });

  it('keeps its schema to itself in production unless told otherwise', async () => {
    const production = { NODE_ENV: 'production' };
    for (const [environment, open] of [
      [production, false],
      [{ ...production, GRAPHQL_INTROSPECTION: 'true' }, true],
      [{ GRAPHQL_INTROSPECTION: 'false' }, false],
    ] as const) {
      const other = await startTestGateway(environment);
      const { errors } = await other.graphql(getIntrospectionQuery());
      assert.equal(errors === undefined, open, JSON.stringify(environment));
      if (!open) assert.match(errors?.[0]?.message ?? '', /introspection/i);
      const typo = await other.graphql('{ datase { version } }');
      if ('NODE_ENV' in environment) assert.doesNotMatch(typo.errors?.[0]?.message ?? '', /Did you mean/);
      const page = await other.get('/graphql', { headers: { accept: 'text/html' } });
      assert.equal(page.headers.get('content-type')?.startsWith('text/html'), open);
      await page.text();
      await other.close();
    }
  });
});

describe('GraphQL with trusted documents', () => {
  const document = '{ dataset { version } }';
  let gateway: TestGateway;
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'measurement-documents-'));
    const file = join(folder, 'manifest.json');
    const operations = [{ id: 'dataset', name: 'Dataset', type: 'query', body: document }];
    await writeFile(
      file,
      JSON.stringify({ format: 'apollo-persisted-query-manifest', version: 1, operations }),
    );
    gateway = await startTestGateway({ GRAPHQL_TRUSTED_DOCUMENTS: file });
  });
  after(async () => {
    await gateway.close();
    await rm(folder, { recursive: true });
  });

  const post = async (body: unknown) =>
    (await (
      await gateway.get('/graphql', { method: 'POST', headers: json, body: JSON.stringify(body) })
    ).json()) as GraphQLAnswer;

  it('executes them by id, hash or text, and nothing else', async () => {
    const hash = createHash('sha256').update(document).digest('hex');
    for (const body of [
      { documentId: 'dataset' },
      { documentId: `sha256:${hash}` },
      { extensions: { persistedQuery: { version: 1, sha256Hash: hash } } },
      { query: document },
    ]) {
      const { data, errors } = await post(body);
      assert.equal(errors, undefined, JSON.stringify(errors));
      assert.ok(data.dataset.version);
    }
    for (const body of [
      { query: '{ dataset { changedAt } }' },
      { query: '{ __schema { types { name } } }' },
      { documentId: 'unknown' },
      { query: '{ dataset { changedAt } }', documentId: 'dataset' },
      {},
    ]) {
      const { data, errors } = await post(body);
      assert.equal(data, undefined, JSON.stringify(body));
      assert.equal(errors?.[0]?.extensions.code, 'UNTRUSTED_DOCUMENT', JSON.stringify(errors));
    }
    const get = await gateway.get(`/graphql?query=${encodeURIComponent('{ dataset { changedAt } }')}`, {
      headers: { 'apollo-require-preflight': '1' },
    });
    assert.equal(((await get.json()) as GraphQLAnswer).errors?.[0]?.extensions.code, 'UNTRUSTED_DOCUMENT');
    const stream = await gateway.get('/graphql', {
      method: 'POST',
      headers: { ...json, accept: 'text/event-stream' },
      body: JSON.stringify({ query: 'subscription { datasetChanged { version } }' }),
    });
    assert.equal(((await stream.json()) as GraphQLAnswer).errors?.[0]?.extensions.code, 'UNTRUSTED_DOCUMENT');
  });

  it('does not start without the file', () => {
    assert.throws(() => readTrustedDocuments(join(folder, 'none.json')), /GRAPHQL_TRUSTED_DOCUMENTS/);
  });
});
