import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { before, describe, it } from 'node:test';

const folder = resolve(import.meta.dirname, '../../observability');
const json = async (path: string) => JSON.parse(await readFile(resolve(folder, path), 'utf8'));

interface SavedObject {
  readonly type: string;
  readonly id: string;
  readonly attributes: Readonly<Record<string, unknown>> & { readonly title: string };
  readonly references: readonly { readonly name: string; readonly type: string; readonly id: string }[];
}

/** Every field of a mapping by its full name. */
function fieldsOf(properties: Record<string, { properties?: never }>, prefix = ''): string[] {
  return Object.entries(properties).flatMap(([name, field]) =>
    field.properties === undefined
      ? [prefix + name]
      : [prefix + name, ...fieldsOf(field.properties, `${prefix}${name}.`)],
  );
}

describe('the search for logs', () => {
  let objects: SavedObject[];

  before(async () => {
    const lines = (await readFile(resolve(folder, 'kibana/saved-objects.ndjson'), 'utf8'))
      .trimEnd()
      .split('\n');
    objects = lines.map((line) => JSON.parse(line));
  });

  it('has saved objects that refer only to each other', () => {
    const known = new Set(objects.map(({ type, id }) => `${type}:${id}`));
    assert.equal(known.size, objects.length);
    for (const { id, references } of objects) {
      for (const reference of references) assert.ok(known.has(`${reference.type}:${reference.id}`), id);
    }
  });

  it('has panels that all have their reference', () => {
    for (const { attributes, references } of objects.filter(({ type }) => type === 'dashboard')) {
      const panels: { panelIndex: string; panelRefName: string; type: string }[] = JSON.parse(
        String(attributes.panelsJSON),
      );
      const names = panels.map(({ panelIndex, panelRefName }) => `${panelIndex}:${panelRefName}`);
      assert.deepEqual(
        names,
        references.map(({ name }) => name),
      );
    }
  });

  it('asks only for fields that the index templates have', async () => {
    const templates: Record<string, string[]> = {};
    for (const [view, file] of [
      ['measurement-app-logs', 'logs-template.json'],
      ['measurement-app-traces', 'traces-template.json'],
    ] as const) {
      templates[view] = fieldsOf((await json(`elasticsearch/${file}`)).template.mappings.properties);
    }
    for (const { id, attributes, references } of objects) {
      const source = (attributes.kibanaSavedObjectMeta as { searchSourceJSON: string } | undefined)
        ?.searchSourceJSON;
      const view = references.find(({ type }) => type === 'index-pattern')?.id;
      if (source === undefined || view === undefined) continue;
      const query: string = JSON.parse(source).query.query;
      const inQuery = [...query.matchAll(/([a-z@_][\w.]*)\s*[:<>]/gi)].map(([, field]) => field);
      const inAggregations = [...String(attributes.visState ?? '').matchAll(/"field": ?"([^"]+)"/g)].map(
        ([, f]) => f,
      );
      const columns = (attributes.columns ?? []) as string[];
      for (const field of [...inQuery, ...inAggregations, ...columns]) {
        assert.ok(templates[view]?.includes(String(field)), `${id} asks for ${field}`);
      }
    }
  });

  it('has views and templates for the same indices, under the one lifecycle policy', async () => {
    const patterns = objects
      .filter(({ type }) => type === 'index-pattern')
      .map(({ attributes }) => attributes.title);
    const setup = await readFile(resolve(folder, 'elasticsearch/setup.sh'), 'utf8');
    for (const file of ['logs-template.json', 'traces-template.json']) {
      const template = await json(`elasticsearch/${file}`);
      assert.ok(patterns.includes(template.index_patterns[0]), file);
      const policy = template.template.settings['index.lifecycle.name'];
      assert.ok(setup.includes(`_ilm/policy/${policy} `), policy);
      assert.ok(setup.includes(file));
    }
    const { policy } = await json('elasticsearch/ilm-policy.json');
    assert.deepEqual(Object.keys(policy.phases), ['hot', 'warm', 'delete']);
  });

  it('gets what Fluentd and the collector write under the names of the templates', async () => {
    const fluentd = await readFile(resolve(folder, 'fluentd/gateway.conf'), 'utf8');
    assert.match(fluentd, /data_stream_name logs-measurement-app-default/);
    const opened = [...fluentd.matchAll(/^\s*<(\w+)/gm)].map(([, name]) => name);
    const closed = [...fluentd.matchAll(/^\s*<\/(\w+)>/gm)].map(([, name]) => name);
    assert.deepEqual(opened.sort(), closed.sort());
    const collector = await readFile(resolve(folder, 'otel-collector/config.yaml'), 'utf8');
    assert.match(collector, /traces_index: measurement-app-traces/);
  });
});
