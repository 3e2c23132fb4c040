import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Client } from 'pg';
import { createTestDatabase } from '../fixtures/database.ts';

const migrated = await createTestDatabase();
const empty = await createTestDatabase({ empty: true });
after(() => Promise.all([migrated.drop(), empty.drop()]));

async function tables(url: string): Promise<string[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'");
    return rows.map((row) => row.tablename);
  } finally {
    await client.end();
  }
}

test('a test database has the migrated tables', async () => {
  assert.ok((await tables(migrated.url)).includes('station'));
});

test('an empty test database has none', async () => {
  assert.deepEqual(await tables(empty.url), []);
});
