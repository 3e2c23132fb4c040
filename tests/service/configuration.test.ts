import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadConfig } from '../../src/config.ts';
import { runMain } from '../fixtures/process.ts';

describe('configuration', () => {
  it('has a default for everything but what production must name', () => {
    const config = loadConfig({});
    assert.equal(config.port, 5000);
    assert.equal(config.databaseUrl, undefined);
    assert.ok(Object.isFrozen(config));
  });

  it('takes DB_URI for DATABASE_URL, which wins, and an empty variable as unset', () => {
    const [older, newer] = ['postgresql://a@h/older', 'postgresql://a@h/newer'];
    assert.equal(loadConfig({ DB_URI: older }).databaseUrl, older);
    assert.equal(loadConfig({ DB_URI: older, DATABASE_URL: '' }).databaseUrl, older);
    assert.equal(loadConfig({ DB_URI: older, DATABASE_URL: newer }).databaseUrl, newer);
  });

  it('names every problem at once, keeps secrets out of it, and ends the process with 2', async () => {
    const { code, stderr } = await runMain({
      NODE_ENV: 'production',
      PORT: '99999',
      LOG_LEVEL: 'loud',
      REDIS_URL: 'http://:hunter2@redis',
    });
    assert.equal(code, 2);
    assert.match(stderr, /PORT="99999": /);
    assert.match(stderr, /LOG_LEVEL="loud": /);
    assert.match(stderr, /REDIS_URL: must be a redis:\/\/ or rediss:\/\/ URL/);
    assert.match(stderr, /DATABASE_URL: is required in production/);
    assert.ok(!stderr.includes('hunter2'));
    assert.ok(!stderr.includes('node_modules'));
  });
});
