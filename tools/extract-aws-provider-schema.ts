// Writes tests/deployment/schemas/aws-provider.json: arguments, blocks and attributes of the resources and data sources
// in terraform/, as HashiCorp's AWS provider defines them, for checks that need neither the provider nor a network. Run
// it again for another resource or version:
//   npm pack @cdktf/provider-aws && tar xzf cdktf-provider-aws-*.tgz package/.jsii
//   node tools/extract-aws-provider-schema.ts package/.jsii
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

interface Property {
  readonly name: string;
  readonly optional?: boolean;
  readonly docs?: { readonly summary?: string; readonly remarks?: string };
  readonly type: JsiiType;
}
interface JsiiType {
  readonly fqn?: string;
  readonly collection?: { readonly elementtype: JsiiType };
  readonly union?: { readonly types: readonly JsiiType[] };
}
interface Block {
  readonly required: string[];
  readonly optional: string[];
  readonly blocks: Record<string, Block>;
}

const root = resolve(import.meta.dirname, '..');
const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('usage: node tools/extract-aws-provider-schema.ts <.jsii>');
const { types } = JSON.parse(readFileSync(file, 'utf8')) as {
  types: Record<string, { readonly properties?: readonly Property[]; readonly docs?: Property['docs'] }>;
};

const folder = resolve(root, 'terraform/measurement-app');
const text = readdirSync(folder)
  .filter((name) => name.endsWith('.tf'))
  .map((name) => readFileSync(resolve(folder, name), 'utf8'))
  .join('\n');
const schema: Record<string, unknown> = {};
let version = '';
for (const [, kind, name] of text.matchAll(/^(resource|data) "(aws_\w+)"/gm)) {
  const key = kind === 'data' ? `data.${name}` : `${name}`;
  schema[key] ??= describe(`${kind === 'data' ? 'data_' : ''}${name}`);
}
const target = resolve(root, 'tests/deployment/schemas/aws-provider.json');
const sorted = Object.fromEntries(Object.entries(schema).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(target, `${JSON.stringify({ version, types: sorted })}\n`);

function describe(name: string): Block & { attributes: string[] } {
  const className = pascal(name);
  const module = className.charAt(0).toLowerCase() + className.slice(1);
  const prefix = `@cdktf/provider-aws.${module}.${className}`;
  const config = types[`${prefix}Config`];
  const resource = types[prefix];
  if (config === undefined || resource === undefined) throw new Error(`The provider has no ${name}.`);
  const attributes = (resource.properties ?? []).map(({ name: property }) => snake(property));
  return { ...block(config.properties ?? []), attributes };
}

function block(properties: readonly Property[]): Block {
  const required: string[] = [];
  const optional: string[] = [];
  const blocks: Record<string, Block> = {};
  for (const { optional: mayLack, docs, type } of properties) {
    const words = `${docs?.summary} ${docs?.remarks}`;
    version ||= /hashicorp\/aws\/([\d.]+)\//.exec(words)?.[1] ?? '';
    const hcl = /#([a-z0-9_]+) \w+#/.exec(words)?.[1];
    // Without a link it is CDK's own, such as `provisioners`.
    if (hcl === undefined) continue;
    const struct = fqn(type);
    const isBlock = docs?.summary === `${hcl} block.`;
    if (isBlock && struct !== undefined) blocks[hcl] = block(types[struct]?.properties ?? []);
    if (mayLack) optional.push(hcl);
    else required.push(hcl);
  }
  return { required, optional, blocks };
}

function fqn(type: JsiiType): string | undefined {
  if (type.fqn?.startsWith('@cdktf/provider-aws.')) return type.fqn;
  if (type.collection) return fqn(type.collection.elementtype);
  return type.union?.types.map(fqn).find((name) => name !== undefined);
}

function pascal(name: string): string {
  return name
    .replace(/^(data_)?aws_/, '$1')
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')
    .replace(/^Data/, 'DataAws');
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
