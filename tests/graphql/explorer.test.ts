import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Browser, launch, type Page } from 'puppeteer-core';
import { startTestGateway, type TestGateway } from '../fixtures/gateway.ts';
import { insertMeasurements } from '../fixtures/measurements.ts';
import { commandLine } from '../fixtures/required-tool.ts';

describe('The explorer for GraphQL', () => {
  let gateway: TestGateway;
  let browser: Browser;
  let page: Page;
  const requests: string[] = [];
  const faults: string[] = [];

  before(async () => {
    gateway = await startTestGateway();
    await insertMeasurements(gateway.pool, 200);
    browser = await launch({
      executablePath: await commandLine('chromium', 'apt-get install chromium'),
      args: ['--no-sandbox', '--disable-dev-shm-usage'],
    });
    page = await browser.newPage();
    await page.setViewport({ width: 1_400, height: 900 });
    page.on('request', (request) => requests.push(request.url()));
    page.on('console', (message) => {
      if (['error', 'warn'].includes(message.type())) faults.push(message.text());
    });
    page.on('pageerror', (error) => faults.push(String(error)));
    await page.goto(`${gateway.url}/graphql`, { waitUntil: 'networkidle0' });
    await page.waitForSelector('.graphiql-execute-button');
  });
  after(async () => {
    await browser?.close();
    await gateway.close();
  });

  /** Runs what stands in the editor and waits for an answer that has all of `texts`. */
  async function run(...texts: string[]): Promise<string> {
    await page.click('.graphiql-execute-button');
    await page.waitForFunction(
      (wanted) => {
        const shown = document.querySelector('.graphiql-response')?.textContent ?? '';
        return wanted.every((text) => shown.replace(/\s/g, ' ').includes(text));
      },
      { timeout: 10_000 },
      texts,
    );
    return page.$eval('.graphiql-response', (element) => element.textContent ?? '');
  }

  /** The tabs can be dragged, which takes the events of a mouse for itself. */
  async function openTab(index: number): Promise<void> {
    await page.$$eval('.graphiql-tab-button', (tabs, place) => (tabs[place] as HTMLElement).click(), index);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }

  it('runs its first example', async () => {
    await run('"stations"', 'aq_alba');
  });

  it('has examples that all work', async () => {
    const tabs = await page.$$eval('.graphiql-tab-button', (buttons) =>
      buttons.map((button) => button.textContent),
    );
    assert.deepEqual(tabs, ['Stations', 'Measurements', 'DailyMeans', 'Exceedances', 'Added']);
    for (const [index, field] of [
      [1, '"measurements"'],
      [2, '"percentCoverage"'],
      [3, '"allowedPerYear"'],
    ] as const) {
      await openTab(index);
      const shown = await run(field);
      assert.doesNotMatch(shown, /"errors"/);
    }
  });

  it('shows a subscription as it goes on', async () => {
    await openTab(4);
    await page.click('.graphiql-execute-button');
    await new Promise((resolve) => setTimeout(resolve, 500));
    const client = await gateway.pool.connect();
    await client.query('begin');
    await client.query(
      `insert into environment_airq_measurand ("TimeInstant", id_entity, no2) values ('2016-09-30T20:00:00.999Z', 'aq_alba', 12.5)`,
    );
    await client.query(
      `insert into import (source, rows_read, rows_inserted, first_time_instant, last_time_instant, imported_by)
       values ('test', 1, 1, '2016-09-30T20:00:00.999Z', '2016-09-30T20:00:00.999Z', 'test')`,
    );
    await client.query('commit');
    client.release();
    await page.waitForFunction(
      () => document.querySelector('.graphiql-response')?.textContent?.includes('12.5'),
      { timeout: 10_000 },
    );
    await page.click('.graphiql-execute-button');
  });

  it('asks no other host and breaks no rule of its page', () => {
    const foreign = requests.filter((url) => !url.startsWith(gateway.url) && !/^(data|blob):/.test(url));
    assert.deepEqual(foreign, []);
    assert.deepEqual(faults, []);
  });

  it('is only for browsers', async () => {
    for (const accept of ['*/*', 'application/json']) {
      const response = await gateway.get('/graphql', { headers: { accept } });
      assert.doesNotMatch(response.headers.get('content-type') ?? '', /html/);
      await response.text();
    }
    assert.equal(
      (await gateway.get('/graphql/explorer/none.js', { headers: { 'apollo-require-preflight': '1' } }))
        .status,
      400,
    );
  });
});
