import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { getIntrospectionQuery } from 'graphql';
import { type GraphQLAnswer, startTestGateway, type TestGateway } from '../fixtures/gateway.ts';
import { countStatements } from '../fixtures/statements.ts';

describe('GraphQL limits', () => {
  let gateway: TestGateway;
  let small: TestGateway;

  before(async () => {
    [gateway, small] = await Promise.all([
      startTestGateway(),
      startTestGateway({
        GRAPHQL_DEPTH_MAX: '3',
        GRAPHQL_COST_MAX: '50',
        GRAPHQL_ALIASES_MAX: '2',
        GRAPHQL_DIRECTIVES_MAX: '2',
        GRAPHQL_TOKENS_MAX: '80',
        GRAPHQL_DOCUMENT_CHARACTERS_MAX: '700',
        GRAPHQL_LIST_LENGTH_MAX: '3',
        GRAPHQL_BODY_BYTES_MAX: '2000',
        PAGE_SIZE_MAX: '40',
      }),
    ]);
  });
  after(() => Promise.all([gateway.close(), small.close()]));

  async function send(to: TestGateway, body: unknown) {
    const response = await to.get('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: response.status, answer: (await response.json()) as GraphQLAnswer };
  }

  const nested = (levels: number) => {
    let query = 'id';
    for (let level = 0; level < levels; level++) query = `latest { station { ${query} } }`;
    return `{ station(id: "a") { ${query} } }`;
  };
  const aliases = (count: number) =>
    `{ ${Array.from({ length: count }, (_, n) => `a${n}: dataset { version }`).join(' ')} }`;
  const directives = (count: number) => `{ dataset { ${'version @include(if: true) '.repeat(count)} } }`;
  const ids = (count: number) => `[${Array.from({ length: count }, (_, n) => `"s${n}"`).join(', ')}]`;

  const bombs: [name: string, query: string, code: string, numbers: RegExp][] = [
    ['deep', nested(5), 'QUERY_TOO_DEEP', /12 levels.*10 are allowed/],
    [
      'deep by fragments',
      `{ station(id: "a") { ...A } } fragment A on Station { latest { station { ...B } } } fragment B on Station { latest { station { ...C } } } fragment C on Station { latest { station { latest { station { latest { station { id } } } } } } }`,
      'QUERY_TOO_DEEP',
      /12 levels/,
    ],
    ['aliased', aliases(31), 'TOO_MANY_ALIASES', /more than 30/],
    ['full of directives', directives(51), 'TOO_MANY_DIRECTIVES', /more than 50/],
    [
      'wide',
      '{ stations(first: 10000) { nodes { measurements { page(first: 100) { nodes { id } } } } } }',
      'QUERY_TOO_COSTLY',
      /1\d{6} objects; 100000/,
    ],
    [
      'wide by fragments',
      `{ stations(first: 1000) { nodes { ...M } } } fragment M on Station { measurements { page(first: 200) { ...P } } } fragment P on MeasurementConnection { nodes { id } }`,
      'QUERY_TOO_COSTLY',
      /objects; 100000/,
    ],
    ['of many tokens', `{ dataset { ${'version '.repeat(1_000)} } }`, 'TOO_MANY_TOKENS', /more than 1000/],
    [
      'long',
      `{ dataset { version } } #${'x'.repeat(15_000)}`,
      'DOCUMENT_TOO_LONG',
      /150\d\d characters; 15000/,
    ],
    [
      'of 1 MB',
      `{ dataset { version } } #${'x'.repeat(1_000_000)}`,
      'BODY_TOO_LARGE',
      /more than 524288 bytes/,
    ],
    [
      'with a long list',
      `query ($ids: [ID!]) { latest(stationIds: $ids) { id } }`,
      'LIST_TOO_LONG',
      /1001 elements; 1000/,
    ],
  ];
  for (const [name, query, code, numbers] of bombs) {
    it(`refuse a document ${name}, before any statement, with ${code} and the numbers`, async () => {
      const variables = query.includes('$ids')
        ? { ids: Array.from({ length: 1_001 }, (_, n) => `s${n}`) }
        : {};
      const statements = await countStatements(async () => {
        const { status, answer } = await send(gateway, { query, variables });
        assert.ok(status === 400 || status === 413 || status === 200, String(status));
        assert.equal(answer.errors?.[0]?.extensions.code, code, JSON.stringify(answer).slice(0, 500));
        assert.match(answer.errors?.[0]?.message ?? '', numbers);
      });
      assert.deepEqual(
        statements.filter((text) => !/dataset/.test(text)),
        [],
      );
    });
  }

  it('are what the operator says', async () => {
    const refused: [query: string, code: string][] = [
      ['{ measurements { page(first: 1) { nodes { id } } } }', 'QUERY_TOO_DEEP'],
      ['{ stations(first: 40) { edges { cursor } nodes { id } } }', 'QUERY_TOO_COSTLY'],
      [aliases(3), 'TOO_MANY_ALIASES'],
      [directives(3), 'TOO_MANY_DIRECTIVES'],
      [`{ latest(stationIds: ${ids(4)}) { id } }`, 'LIST_TOO_LONG'],
      [`{ dataset { ${'version '.repeat(100)} } }`, 'DOCUMENT_TOO_LONG'],
      [
        `{ dataset { ${'__typename'.slice(0, 10)} ${'version '.repeat(78)} } }`.replaceAll('version', 'v'),
        'TOO_MANY_TOKENS',
      ],
      [`{ dataset { version } } #${'x'.repeat(2_000)}`, 'BODY_TOO_LARGE'],
      ['{ stations(first: 41) { __typename } }', 'PAGE_SIZE'],
    ];
    for (const [query, code] of refused) {
      const { answer } = await send(small, { query });
      assert.equal(answer.errors?.[0]?.extensions.code, code, `${query}: ${JSON.stringify(answer)}`);
    }
    const allowed = await send(small, {
      query: `{ ${aliases(2).slice(1, -1)} latest(stationIds: []) { id } }`,
    });
    assert.notEqual(allowed.answer.errors?.[0]?.extensions.code, 'TOO_MANY_ALIASES');
  });

  it('leave room for ordinary queries', async () => {
    const ordinary = [
      '{ measurements { page(first: 10000) { edges { cursor node { id timeInstant stationId so2 no2 co o3 pm10 pm2_5 } } pageInfo { hasNextPage endCursor } } } }',
      '{ stations(first: 1000) { edges { node { id latest { timeInstant no2 } measurements(from: "2021-03-01T00:00:00Z", to: "2021-03-08T00:00:00Z") { statistics(interval: "P1D", first: 42) { nodes { mean } } } } } } }',
      getIntrospectionQuery(),
    ];
    for (const query of ordinary) {
      const { answer } = await send(gateway, { query });
      assert.equal(answer.errors, undefined, JSON.stringify(answer.errors));
    }
  });

  it('end documents with fragments in a circle as what they are', async () => {
    const query =
      '{ station(id: "a") { ...A } } fragment A on Station { latest { station { ...B } } } fragment B on Station { latest { station { ...A } } }';
    const { answer } = await send(gateway, { query });
    assert.equal(answer.errors?.[0]?.extensions.code, 'GRAPHQL_VALIDATION_FAILED');
    assert.match(answer.errors?.[0]?.message ?? '', /Cannot spread fragment/);
  });

  it('count exponential fragments in no time', async () => {
    const fragments = Array.from(
      { length: 40 },
      (_, n) => `fragment F${n} on Query { ...F${n + 1} ...F${n + 1} }`,
    );
    const query = `{ ...F0 } ${fragments.join(' ')} fragment F40 on Query { dataset { version } }`;
    const began = performance.now();
    const { answer } = await send(gateway, { query });
    assert.ok(performance.now() - began < 2_000);
    assert.ok(answer.errors !== undefined || answer.data !== undefined);
  });

  it('end statements that take too long, and say so', async () => {
    const slow = await startTestGateway({ DATABASE_STATEMENT_TIMEOUT_MS: '200' });
    const locking = await slow.pool.connect();
    await locking.query('begin; lock table environment_airq_measurand in access exclusive mode');
    const { errors } = await slow.graphql('{ measurements { page { nodes { id } } } }');
    assert.equal(errors?.[0]?.extensions.code, 'STATEMENT_TIMEOUT');
    await locking.query('rollback');
    locking.release();
    await slow.close();
  });
});
