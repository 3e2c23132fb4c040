import assert from 'node:assert/strict';
import { access, readdir, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { before, describe, it } from 'node:test';
import { parse } from 'yaml';

const root = resolve(import.meta.dirname, '../..');
const text = (path: string) => readFile(resolve(root, path), 'utf8');

/**
 * The programs that these files are for come neither from npm nor from Debian, so what can be checked without them is: the
 * parts fit together.
 */
describe('the collector', () => {
  interface Pipeline {
    readonly receivers: string[];
    readonly processors?: string[];
    readonly exporters: string[];
  }
  // biome-ignore lint/suspicious/noExplicitAny: a file of another program
  let config: any;
  let pipelines: Record<string, Pipeline>;

  before(async () => {
    config = parse(await text('observability/otel-collector/config.yaml'));
    pipelines = config.service.pipelines;
  });

  it('uses in its pipelines only what it configures, and configures nothing it does not use', () => {
    const kinds = ['receivers', 'processors', 'exporters'] as const;
    const connectors = Object.keys(config.connectors);
    for (const kind of kinds) {
      const used = new Set(Object.values(pipelines).flatMap((pipeline) => pipeline[kind] ?? []));
      const configured = Object.keys(config[kind]);
      for (const name of used) assert.ok([...configured, ...connectors].includes(name), `${kind}: ${name}`);
      for (const name of configured) assert.ok(used.has(name), `${name} is in no pipeline`);
    }
    assert.deepEqual(Object.keys(config.extensions), config.service.extensions);
  });

  it('limits memory before anything else, and sends traces in batches', () => {
    for (const [name, { processors = [] }] of Object.entries(pipelines).filter(([name]) =>
      name.startsWith('traces'),
    )) {
      assert.equal(processors[0], 'memory_limiter', name);
    }
    assert.equal(pipelines['traces/kept']?.processors?.at(-1), 'batch');
  });

  it('counts every trace for Prometheus, and keeps each that failed or was slow', () => {
    assert.deepEqual(pipelines['traces/measured']?.exporters, ['spanmetrics']);
    assert.ok(!pipelines['traces/measured']?.processors?.includes('tail_sampling'));
    assert.deepEqual(pipelines.metrics, { receivers: ['spanmetrics'], exporters: ['prometheus'] });
    const policies: { type: string }[] = config.processors.tail_sampling.policies;
    assert.deepEqual(
      policies.map(({ type }) => type),
      ['status_code', 'latency', 'probabilistic'],
    );
  });
});

describe('Grafana’s provisioning', () => {
  it('has the data source of every panel', async () => {
    const provisioned = parse(
      await text('observability/grafana/provisioning/datasources/measurement-app.yaml'),
    );
    const uids = provisioned.datasources.map(({ uid }: { uid: string }) => uid);
    const seen = new Set<string>();
    for (const file of await readdir(resolve(root, 'observability/grafana/dashboards'))) {
      const dashboard = JSON.parse(await text(`observability/grafana/dashboards/${file}`));
      assert.ok(!seen.has(dashboard.uid), file);
      seen.add(dashboard.uid);
      const ids = dashboard.panels.map(({ id }: { id: number }) => id);
      assert.equal(new Set(ids).size, ids.length, file);
      for (const [, uid] of JSON.stringify(dashboard).matchAll(/"datasource":\{[^}]*"uid":"([^"]+)"/g)) {
        assert.ok(uids.includes(uid), `${file}: ${uid}`);
      }
    }
  });
});

describe('the stack of Compose', () => {
  // biome-ignore lint/suspicious/noExplicitAny: a file of another program
  let services: Record<string, any>;

  before(async () => {
    ({ services } = parse(await text('docker-compose.yml'), { merge: true }));
  });

  it('starts nothing of it without the profile', () => {
    for (const name of [
      'prometheus',
      'alertmanager',
      'grafana',
      'otel-collector',
      'elasticsearch',
      'kibana',
      'fluentd',
    ]) {
      assert.deepEqual(services[name]?.profiles, ['observability'], name);
    }
  });

  it('mounts only files that are there', async () => {
    for (const { volumes = [] } of Object.values(services)) {
      for (const volume of volumes as string[]) {
        const [from = ''] = volume.split(':');
        if (from.startsWith('./')) await access(resolve(root, from));
      }
    }
  });

  it('has a service for every target of Prometheus, Grafana, Fluentd and the collector', async () => {
    const files = [
      'observability/prometheus/prometheus.yml',
      'observability/grafana/provisioning/datasources/measurement-app.yaml',
      'observability/fluentd/gateway.conf',
      'observability/otel-collector/config.yaml',
    ];
    for (const file of files) {
      const targets = (await text(file)).matchAll(/(?:['/]|names: \[')([a-z-]+)(?::\d{4,5}|'\])/g);
      for (const [, host = ''] of targets)
        assert.ok(host === 'localhost' || host in services, `${file}: ${host}`);
    }
  });

  it('publishes what has no password of its own on this machine only', () => {
    for (const [name, { profiles = [], ports = [] }] of Object.entries(services)) {
      if (!profiles.includes('observability')) continue;
      for (const port of ports as string[]) assert.match(port, /^127\.0\.0\.1:/, name);
    }
    assert.equal(services.elasticsearch.ports, undefined);
  });

  it('marks the gateway’s lines with the tag that Fluentd looks for', async () => {
    const { tag } = services.api.logging.options;
    assert.ok((await text('observability/fluentd/fluent.conf')).includes(`/^${tag}$/`));
  });
});

describe('Fluentd on Kubernetes', () => {
  it('is a DaemonSet that reads the nodes’ logs with the configuration beside it', async () => {
    const daemonSet = parse(await text('observability/fluentd/kubernetes/daemonset.yaml'));
    assert.equal(daemonSet.kind, 'DaemonSet');
    const { containers, volumes } = daemonSet.spec.template.spec;
    const names = volumes.map(({ name }: { name: string }) => name);
    for (const { name } of containers[0].volumeMounts) assert.ok(names.includes(name), name);
    const fluentd = await text('observability/fluentd/kubernetes/fluent.conf');
    assert.match(fluentd, /@include gateway\.conf/);
    assert.match(fluentd, /path \/var\/log\/containers\//);
  });
});
