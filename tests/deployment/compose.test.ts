import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { settings } from '../../src/config.ts';
import { commandLine } from '../fixtures/required-tool.ts';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');

interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly ports?: readonly (string | { readonly published: string | number; readonly target: number })[];
  readonly profiles?: readonly string[];
  readonly read_only?: boolean;
  readonly stop_grace_period?: string;
  readonly volumes?: readonly (string | { readonly source: string })[];
}

/** docker-compose.yml as Compose itself reads it. */
describe('docker-compose.yml', () => {
  let services: Record<string, Service>;
  let volumes: Record<string, unknown>;
  let folder: string;
  let noEnvironment: string;

  async function config(environment: Record<string, string>) {
    const compose = await commandLine('docker-compose', 'apt-get install docker-compose');
    const { PATH, HOME } = process.env;
    const profiles = ['backup', 'observability'].flatMap((profile) => ['--profile', profile]);
    const { stdout } = await run(
      compose,
      [...profiles, '--env-file', noEnvironment, '-f', resolve(root, 'docker-compose.yml'), 'config'],
      { env: { PATH, HOME, ...environment } },
    );
    return parse(stdout) as { services: typeof services; volumes: typeof volumes };
  }

  before(async () => {
    // Compose would read the checkout's .env otherwise.
    folder = await mkdtemp(join(tmpdir(), 'measurement-compose-'));
    noEnvironment = join(folder, 'env');
    await writeFile(noEnvironment, '');
    ({ services, volumes } = await config({ POSTGRES_PASSWORD: 'chosen' }));
  });

  after(() => rm(folder, { recursive: true }));

  it('has no password of its own: it asks for one', async () => {
    await assert.rejects(config({}), /POSTGRES_PASSWORD/);
    const text = await readFile(resolve(root, 'docker-compose.yml'), 'utf8');
    for (const [line] of text.matchAll(/^.*(PASSWORD|PASSPHRASE|SECRET|:\/\/[^/]*@).*$/gm)) {
      assert.match(line, /\$\{\w+|^#/, line);
    }
  });

  it('serves at port 5000 once the database is migrated and the cache answers', () => {
    const { api } = services;
    assert.ok(api);
    assert.match(JSON.stringify(api.ports), /5000:5000|"published":"?5000"?/);
    assert.deepEqual(
      Object.fromEntries(
        Object.entries(api.depends_on ?? {}).map(([name, { condition }]) => [name, condition]),
      ),
      {
        postgres: 'service_healthy',
        redis: 'service_healthy',
        migrate: 'service_completed_successfully',
      },
    );
    assert.deepEqual(services.migrate?.command, ['migrate']);
    assert.deepEqual(services.seed?.command, ['seed']);
    assert.equal(services.seed?.depends_on?.migrate?.condition, 'service_completed_successfully');
  });

  it('waits only for services that exist and, where it waits for health, have a healthcheck', () => {
    for (const [name, service] of Object.entries(services)) {
      for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
        const needed = services[other];
        assert.ok(needed, `${name} waits for ${other}`);
        if (condition === 'service_healthy')
          assert.ok(needed.healthcheck?.test, `${other} has a healthcheck`);
      }
    }
  });

  it('sets only what the gateway reads', () => {
    const others = new Set(['BACKUP_PASSPHRASE', 'OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_SERVICE_NAME']);
    for (const service of Object.values(services).filter(({ image }) =>
      image.startsWith('measurement-app:'),
    )) {
      for (const name of Object.keys(service.environment ?? {})) {
        assert.ok(name in settings.shape || others.has(name), `${name} is a setting`);
      }
      assert.equal(
        service.environment?.DATABASE_URL,
        'postgresql://measurement:chosen@postgres:5432/measurement',
      );
      assert.equal(service.environment?.REDIS_URL, 'redis://redis:6379');
      assert.equal(service.read_only, true);
    }
  });

  it('gives the gateway longer to stop than the gateway gives its requests', () => {
    const graceMs = settings.parse({}).SHUTDOWN_GRACE_MS;
    const [, seconds] = /^(\d+)s$/.exec(services.api?.stop_grace_period ?? '') ?? [];
    assert.ok(Number(seconds) * 1_000 > graceMs);
  });

  it('keeps the database and the backups in volumes, and runs backups only when asked', () => {
    assert.ok('postgres' in volumes && 'backups' in volumes);
    assert.match(JSON.stringify(services.postgres?.volumes), /postgres.*\/var\/lib\/postgresql\/data/);
    assert.match(services.postgres?.image ?? '', /^postgres:17/);
    assert.deepEqual(services.backup?.profiles, ['backup']);
    assert.equal(services.backup?.command?.[0], 'backup');
  });

  it('starts what Prometheus scrapes and Grafana asks only with the profile observability, for this machine', async () => {
    const scraped = await readFile(resolve(root, 'observability/prometheus/prometheus.yml'), 'utf8');
    const asked = await readFile(
      resolve(root, 'observability/grafana/provisioning/datasources/measurement-app.yaml'),
      'utf8',
    );
    const hosts = new Set(
      [...scraped.matchAll(/'([a-z-]+):\d+'/g), ...asked.matchAll(/http:\/\/([a-z-]+):/g)].map(
        ([, host = '']) => host,
      ),
    );
    hosts.delete('localhost');
    assert.ok(hosts.size > 5);
    for (const host of hosts) assert.deepEqual(services[host]?.profiles, ['observability'], host);
    for (const [name, { profiles, ports }] of Object.entries(services)) {
      if (profiles?.[0] !== 'observability') continue;
      for (const port of ports ?? []) assert.match(JSON.stringify(port), /127\.0\.0\.1/, name);
    }
    for (const { volumes: mounted } of Object.values(services)) {
      for (const [, file] of JSON.stringify(mounted ?? []).matchAll(/"([^":]*\/observability\/[^":]*)/g)) {
        await stat(file ?? '');
      }
    }
  });
});
