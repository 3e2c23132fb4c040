import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { seedDatabase } from '../../src/imports/seed-database.ts';
import { readmeExample, readmeExamples } from '../../tools/readme-examples.ts';
import { runExample } from '../../tools/run-readme-example.ts';
import { startTestGateway, type TestGateway } from '../fixtures/gateway.ts';

describe('the README', () => {
  let gateway: TestGateway;
  let readme: string;

  before(async () => {
    gateway = await startTestGateway();
    await seedDatabase(gateway, {});
    readme = await readFile(resolve(import.meta.dirname, '../../README.md'), 'utf8');
  });
  after(() => gateway.close());

  for (const { title, command } of readmeExamples) {
    it(`shows what really comes of: ${title}`, async () => {
      const output = await runExample(command, gateway.url);
      assert.ok(readme.includes(readmeExample(title, command, output)), `It gives:\n${output}`);
    });
  }

  it('links only to files that exist', async () => {
    for (const [, link] of readme.matchAll(/\]\(([^)#:]+)\)/g)) {
      await readFile(resolve(import.meta.dirname, '../..', link ?? '')).catch((error: { code: string }) => {
        assert.equal(error.code, 'EISDIR', link);
      });
    }
  });
});
