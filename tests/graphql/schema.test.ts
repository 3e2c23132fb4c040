import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  buildSchema,
  type GraphQLArgument,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isSpecifiedScalarType,
} from 'graphql';
import { createExecutableSchema, schemaFile } from '../../src/graphql/executable-schema.ts';
import { runNode } from '../fixtures/run-command.ts';

describe('The GraphQL schema', () => {
  const schema = buildSchema(readFileSync(schemaFile, 'utf8'));
  const types = Object.values(schema.getTypeMap()).filter(
    (type) => !type.name.startsWith('__') && !isSpecifiedScalarType(type),
  );

  it('says what everything in it is', () => {
    const undocumented: string[] = [];
    const look = (name: string, { description }: { readonly description?: string | null | undefined }) => {
      if (!description || !/[.;:]$/.test(description.trim())) undocumented.push(name);
    };
    for (const type of types) {
      look(type.name, type);
      if (isEnumType(type)) for (const value of type.getValues()) look(`${type.name}.${value.name}`, value);
      if (isInputObjectType(type)) {
        for (const field of Object.values(type.getFields())) look(`${type.name}.${field.name}`, field);
      }
      if (isObjectType(type) || isInterfaceType(type)) {
        for (const field of Object.values(type.getFields())) {
          look(`${type.name}.${field.name}`, field);
          const args: readonly GraphQLArgument[] = field.args;
          for (const arg of args) look(`${type.name}.${field.name}(${arg.name})`, arg);
        }
      }
    }
    assert.deepEqual(undocumented, []);
  });

  it('is executed under the names it is written with', () => {
    const executable = createExecutableSchema();
    assert.deepEqual(Object.keys(executable.getTypeMap()).sort(), Object.keys(schema.getTypeMap()).sort());
  });

  it('names the unit of every concentration', () => {
    const measurement = schema.getType('Measurement');
    assert.ok(isObjectType(measurement));
    for (const [name, field] of Object.entries(measurement.getFields())) {
      if (String(field.type) === 'Float') assert.match(field.description ?? '', /[µm]g\/m³\.$/, name);
    }
  });

  it('is documented as it is served', async () => {
    const { code, stderr } = await runNode(['tools/print-graphql-schema.ts', '--check']);
    assert.equal(code, 0, stderr);
  });

  it('has the resolver types it was generated with', async () => {
    const { code, stderr } = await runNode(['tools/generate-graphql-types.ts', '--check']);
    assert.equal(code, 0, stderr);
  });

  describe('that changes', () => {
    let folder: string;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'measurement-schema-'));
    });
    after(() => rm(folder, { recursive: true }));

    /** The tool in a checkout whose schema was edited. */
    async function checkEdited(edit: (schema: string) => string, ...options: string[]) {
      const root = await mkdtemp(join(folder, 'checkout-'));
      const { cp, mkdir, symlink } = await import('node:fs/promises');
      for (const path of ['src/graphql', 'docs', 'tools']) await mkdir(join(root, path), { recursive: true });
      await cp(
        join(import.meta.dirname, '../../tools/print-graphql-schema.ts'),
        join(root, 'tools/print.ts'),
      );
      await cp(join(import.meta.dirname, '../../docs/schema.graphql'), join(root, 'docs/schema.graphql'));
      await symlink(join(import.meta.dirname, '../../node_modules'), join(root, 'node_modules'));
      await writeFile(join(root, 'package.json'), '{"type":"module"}');
      const edited = edit(await readFile(schemaFile, 'utf8'));
      buildSchema(edited);
      await writeFile(join(root, 'src/graphql/schema.graphql'), edited);
      return runNode([join(root, 'tools/print.ts'), ...options]);
    }

    const withoutField = (schema: string) =>
      schema.replace(/ {2}"Nitrogen dioxide, µg\/m³\."\n {2}no2: Float\n/, '');
    const withField = (schema: string) =>
      schema.replace('"Nitrogen dioxide, µg/m³."\n', '"New."\n  nox: Float\n  "Nitrogen dioxide, µg/m³."\n');

    it('is refused when clients would break, unless that is meant', async () => {
      const refused = await checkEdited(withoutField);
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /breaking: Measurement\.no2 was removed/);
      const accepted = await checkEdited(withoutField, '--accept-breaking');
      assert.equal(accepted.code, 0);
    });

    it('is noticed when nothing breaks, and written when asked', async () => {
      const noticed = await checkEdited(withField, '--check');
      assert.equal(noticed.code, 1);
      assert.match(noticed.stderr, /npm run graphql:schema/);
      assert.equal((await checkEdited(withField)).code, 0);
    });
  });
});
