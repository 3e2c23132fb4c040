import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { access, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { systemProgram } from '../fixtures/system-program.ts';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');
const folder = resolve(root, 'observability/prometheus');

describe('the Prometheus configuration', () => {
  let promtool: string;
  let alerts: string[];
  let alertFile: string;

  before(async () => {
    promtool = await systemProgram('promtool', 'prometheus');
    alertFile = await readFile(resolve(folder, 'rules/alerts.yml'), 'utf8');
    alerts = [...alertFile.matchAll(/- alert: (\w+)/g)].map(([, name = '']) => name);
    assert.ok(alerts.length > 20);
  });

  it('is accepted by promtool, rules included', async () => {
    await run(promtool, ['check', 'config', resolve(folder, 'prometheus.yml')]);
    const rules = (await readdir(resolve(folder, 'rules'))).map((name) => resolve(folder, 'rules', name));
    await run(promtool, ['check', 'rules', ...rules]);
  });

  it('is accepted by promtool on Kubernetes, too, but for the discovery that Debian leaves out', async () => {
    const [map] = parseAllDocuments(await readFile(resolve(root, 'k8s/monitoring/prometheus.yml'), 'utf8'))
      .map((document) => document.toJS())
      .filter(({ kind }) => kind === 'ConfigMap');
    const config = parse(map.data['prometheus.yml']);
    for (const job of config.scrape_configs) delete job.kubernetes_sd_configs;
    const temporary = await mkdtemp(join(tmpdir(), 'measurement-prometheus-'));
    try {
      await writeFile(join(temporary, 'prometheus.yml'), stringify(config));
      await run(promtool, ['check', 'config', join(temporary, 'prometheus.yml')]);
    } finally {
      await rm(temporary, { recursive: true });
    }
  });

  it('fires every alert on what it is for, and none on a healthy system', async () => {
    const file = resolve(folder, 'tests/rules.test.yml');
    await run(promtool, ['test', 'rules', file]);
    const tested = await readFile(file, 'utf8');
    for (const alert of alerts)
      assert.ok(tested.includes(`alertname="${alert}"`), `${alert} is never made to fire`);
  });

  it('has a severity, an area, a summary and a runbook for every alert', async () => {
    for (const rule of alertFile.split('- alert: ').slice(1)) {
      const name = rule.slice(0, rule.indexOf('\n'));
      assert.match(rule, /severity: (critical|warning), area: (api|database|host|cache|data)/, name);
      assert.match(rule, /summary: '.+'/, name);
      const runbook = /runbook: (docs\/runbooks\/[a-z-]+\.md)/.exec(rule)?.[1];
      assert.ok(runbook, `${name} has no runbook`);
      const text = await readFile(resolve(root, runbook), 'utf8');
      assert.ok(text.startsWith(`# ${name}\n`), `${runbook} is not about ${name}`);
    }
  });

  it('has no runbook without its alert', async () => {
    for (const file of await readdir(resolve(root, 'docs/runbooks'))) {
      const name = file
        .replace(/(^|-)([a-z])/g, (_, __, letter: string) => letter.toUpperCase())
        .replace(/\.md$/, '');
      assert.ok(alerts.includes(name), `docs/runbooks/${file}`);
    }
  });
});

describe('the Alertmanager configuration', () => {
  const file = resolve(root, 'observability/alertmanager/alertmanager.yml');
  let amtool: string;

  before(async () => {
    amtool = await systemProgram('amtool', 'prometheus-alertmanager');
  });

  it('is accepted by amtool, templates included', async () => {
    const { stdout, stderr } = await run(amtool, ['check-config', file]);
    assert.match(stdout + stderr, /1 templates/);
    await access(resolve(root, 'observability/alertmanager/templates/measurement-app.tmpl'));
  });

  for (const [labels, receivers] of [
    ['severity=critical area=api', 'pagerduty,slack'],
    ['severity=critical area=data', 'pagerduty,slack'],
    ['severity=warning area=database', 'slack'],
    ['severity=warning area=data', 'mail-data'],
    ['severity=info area=host', 'mail'],
  ] as const) {
    it(`sends ${labels} to ${receivers}`, async () => {
      const { stdout } = await run(amtool, [
        'config',
        'routes',
        'test',
        `--config.file=${file}`,
        `--verify.receivers=${receivers}`,
        ...labels.split(' '),
      ]);
      assert.equal(stdout.trim(), receivers);
    });
  }

  it('silences only alerts that exist', async () => {
    const alerts = await readFile(resolve(root, 'observability/prometheus/rules/alerts.yml'), 'utf8');
    const names = [...alerts.matchAll(/- alert: (\w+)/g)].map(([, name = '']) => name);
    const matchers = (await readFile(file, 'utf8')).matchAll(/alertname (=~?) "?([^"'\]]+)/g);
    for (const [, operator, pattern = ''] of matchers) {
      for (const part of operator === '=' ? [pattern] : pattern.split('|')) {
        assert.ok(
          names.some((name) => new RegExp(`^(?:${part})$`).test(name)),
          part,
        );
      }
    }
  });

  it('has its secrets in files, none in itself', async () => {
    const text = await readFile(file, 'utf8');
    assert.doesNotMatch(text, /(password|api_url|routing_key|service_key|token): /);
  });
});
