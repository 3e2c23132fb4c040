import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { format } from '@cdktn/hcl-tools';
import { settings } from '../../src/config.ts';
import { commandLine } from '../fixtures/required-tool.ts';
import { type HclBody, type TerraformFile, terraformFiles, textsIn } from '../fixtures/terraform-files.ts';

interface Block {
  readonly required: readonly string[];
  readonly optional: readonly string[];
  readonly blocks: Readonly<Record<string, Block>>;
  readonly attributes?: readonly string[];
}

const environments = ['development', 'staging', 'production'] as const;
const metaArguments = new Set(['count', 'for_each', 'depends_on', 'lifecycle', 'provider', 'dynamic']);
const provider = JSON.parse(
  await readFile(new URL('schemas/aws-provider.json', import.meta.url), 'utf8'),
) as {
  version: string;
  types: Record<string, Block>;
};

describe('terraform/', () => {
  let files: TerraformFile[];
  let module: HclBody[];

  before(async () => {
    files = await terraformFiles();
    module = files.filter(({ path }) => dirname(path) === 'measurement-app').map(({ body }) => body);
  });

  /** `[type, name, body]` of everything in the module that is a `resource`, `data` … */
  function declared(kind: string): [string, string, HclBody][] {
    return module.flatMap((body) =>
      Object.entries((body[kind] ?? {}) as HclBody).flatMap(([type, names]) =>
        Object.entries(names as HclBody).flatMap(([name, bodies]) =>
          (bodies as HclBody[]).map((one) => [type, name, one] as [string, string, HclBody]),
        ),
      ),
    );
  }

  function resource(type: string, name: string): HclBody {
    const found = declared('resource').find((each) => each[0] === type && each[1] === name);
    assert.ok(found, `${type}.${name}`);
    return found[2];
  }

  /** The values of an environment. */
  const values = (environment: string): HclBody =>
    files.find(({ path }) => path === `environments/${environment}/terraform.tfvars`)?.body ?? {};

  it('has the files it is known by, and three environments', () => {
    const names = files.map(({ path }) => path);
    for (const file of 'ecr ecs iam lb-asg network rds cache outputs providers variables'.split(' ')) {
      assert.ok(names.includes(`measurement-app/${file}.tf`), file);
    }
    for (const environment of environments) {
      assert.ok(names.includes(`environments/${environment}/main.tf`), environment);
      assert.ok(names.includes(`environments/${environment}/terraform.tfvars`), environment);
    }
  });

  it('is formatted as `terraform fmt` does', async () => {
    for (const { path, text } of files) assert.equal(await format(text), text, path);
  });

  it('is formatted by the word of terraform itself, where it is installed', async (context) => {
    const terraform = await commandLine('terraform', '').catch(() => undefined);
    // HashiCorp's binary is neither on npm nor in Debian; the test above uses the same formatter.
    if (terraform === undefined) return context.skip('terraform is not on the PATH');
    await promisify(execFile)(terraform, [
      'fmt',
      '-check',
      '-recursive',
      resolve(import.meta.dirname, '../../terraform'),
    ]);
  });

  it(`names only what version ${provider.version} of the AWS provider has`, () => {
    for (const [kind, prefix] of [
      ['resource', ''],
      ['data', 'data.'],
    ] as const) {
      for (const [type, name, body] of declared(kind)) {
        assert.match(type, /^aws_/);
        const schema = provider.types[`${prefix}${type}`];
        assert.ok(
          schema,
          `${type} is in tests/deployment/schemas/aws-provider.json (tools/extract-aws-provider-schema.ts)`,
        );
        checkBlock(body, schema, `${type}.${name}`);
      }
    }
  });

  it('the check notices an argument that does not exist and one that is missing', () => {
    const bucket = { required: ['family'], optional: ['parameter'], blocks: { parameter: leaf('name') } };
    assert.throws(() => checkBlock({ family: 'a', familly: 'b' }, bucket, 'x'), /x has no familly/);
    assert.throws(() => checkBlock({}, bucket, 'x'), /x needs family/);
    assert.throws(() => checkBlock({ family: 'a', parameter: [{}] }, bucket, 'x'), /x.parameter needs name/);
  });

  it('uses nothing that AWS or its provider has given up', () => {
    const types = declared('resource').map(([type]) => type);
    for (const gone of [
      'aws_launch_configuration',
      'aws_alb',
      'aws_security_group_rule',
      'aws_eip_association',
    ]) {
      assert.ok(!types.includes(gone), gone);
    }
    for (const { text, path } of files)
      assert.doesNotMatch(text, /template_file|data\.aws_region\.\w+\.name\b/, path);
  });

  it('refers only to what is declared, and declares only what is referred to', () => {
    const texts = textsIn(module);
    const variables = new Set(module.flatMap((body) => Object.keys(body.variable ?? {})));
    const locals = new Set(
      module.flatMap((body) => (body.locals ?? []) as HclBody[]).flatMap((each) => Object.keys(each)),
    );
    const named = new Set([
      ...declared('resource').map(([type, name]) => `${type}.${name}`),
      ...declared('data').map(([type, name]) => `data.${type}.${name}`),
    ]);
    const used = new Set<string>();
    for (const text of texts) {
      for (const [, name = ''] of text.matchAll(/\bvar\.(\w+)/g)) {
        assert.ok(variables.has(name), `var.${name}`);
        used.add(name);
      }
      for (const [, name = ''] of text.matchAll(/\blocal\.(\w+)/g))
        assert.ok(locals.has(name), `local.${name}`);
      for (const [, data = '', type = '', name, attribute] of text.matchAll(
        /(?<![\w./"])(data\.)?(aws_[a-z0-9_]+)\.([a-z0-9_]+)(?:\[[^\]]*\])?(?:\.(\w+))?/g,
      )) {
        assert.ok(named.has(`${data}${type}.${name}`), `${data}${type}.${name}`);
        const schema = provider.types[`${data}${type}`];
        if (attribute === undefined || schema === undefined) continue;
        const known = [...(schema.attributes ?? []), ...schema.required, ...schema.optional, 'id', 'arn'];
        assert.ok(known.includes(attribute), `${data}${type}.${name}.${attribute}`);
      }
    }
    assert.deepEqual(
      [...variables].filter((name) => !used.has(name)),
      [],
    );
  });

  it('the three environments differ in their values and the place of their state only', () => {
    const strip = (text: string) => text.replaceAll(/production|staging|development/g, '<environment>');
    const contents = (name: string) =>
      environments.map((environment) => {
        const file = files.find(({ path }) => path === `environments/${environment}/${name}`);
        assert.ok(file?.text.includes(environment) || name !== 'main.tf');
        return strip(file?.text ?? '');
      });
    for (const name of ['main.tf', 'variables.tf', 'outputs.tf'])
      assert.equal(new Set(contents(name)).size, 1, name);
  });

  it('every environment gives every value that is asked for, and no other', () => {
    const asked = Object.entries(Object.assign({}, ...module.map((body) => body.variable ?? {})) as HclBody);
    for (const environment of environments) {
      const own = files.find(({ path }) => path === `environments/${environment}/variables.tf`)?.body
        .variable;
      const main = files.find(({ path }) => path === `environments/${environment}/main.tf`)?.body;
      assert.ok(main);
      const [call] = main.module.measurement_app as [HclBody];
      const given = Object.keys(values(environment));
      for (const name of given) assert.ok(name in own, name);
      for (const [name, [body]] of Object.entries(own as HclBody)) {
        if (!('default' in body)) assert.ok(given.includes(name), `${environment} sets ${name}`);
      }
      const passed = Object.keys(call).filter((name) => name !== 'source');
      const needed = asked.filter(([, [body]]) => !('default' in body)).map(([name]) => name);
      const known = asked.map(([name]) => name);
      assert.deepEqual(
        needed.filter((name) => !passed.includes(name)),
        [],
      );
      assert.deepEqual(
        passed.filter((name) => !known.includes(name)),
        [],
      );
    }
  });

  it('has the sizes: production 4 to 8, staging 2 to 4, development 1', () => {
    const sizes = (name: string) => environments.map((environment) => values(environment)[name]);
    assert.deepEqual(sizes('api_min'), [1, 2, 4]);
    assert.deepEqual(sizes('api_max'), [1, 4, 8]);
    assert.deepEqual(sizes('database_instance_count'), [1, 2, 3]);
    assert.deepEqual(sizes('deletion_protection'), [false, true, true]);
    for (const zones of sizes('zone_count')) assert.ok(zones >= 2);
    assert.match(resource('aws_autoscaling_group', 'main').min_size, /var\.api_min/);
    assert.match(resource('aws_appautoscaling_target', 'api').max_capacity, /var\.api_max/);
  });

  it('networks of the environments do not overlap', () => {
    const networks = environments.map(
      (environment) => /^10\.\d+\.0\.0\/16$/.exec(values(environment).vpc_cidr)?.[0],
    );
    assert.ok(networks.every((network) => network !== undefined));
    assert.equal(new Set(networks).size, environments.length);
  });

  it('keeps the database private, encrypted and recoverable', () => {
    const cluster = resource('aws_rds_cluster', 'main');
    assert.equal(cluster.storage_encrypted, true);
    assert.equal(cluster.skip_final_snapshot, false);
    assert.equal(resource('aws_rds_cluster_instance', 'main').publicly_accessible, false);
    assert.match(resource('aws_db_subnet_group', 'main').subnet_ids, /aws_subnet\.private/);
    assert.match(resource('aws_elasticache_subnet_group', 'main').subnet_ids, /aws_subnet\.private/);
    // From the internet to the load balancer, and (if there is one) from named networks to the bastion; no further.
    const open = declared('resource').filter(
      ([type, , body]) => type === 'aws_vpc_security_group_ingress_rule' && 'cidr_ipv4' in body,
    );
    assert.deepEqual(open.map(([, name]) => name).sort(), ['bastion_ssh', 'lb']);
  });

  it('puts no password into a state, an output or a file', () => {
    for (const { path, text } of files) {
      assert.doesNotMatch(text, /(password|secret)\s*=\s*"[^$"]/i, path);
      assert.doesNotMatch(text, /resource "random_password"/, path);
    }
    assert.match(resource('aws_rds_cluster', 'main').master_password_wo, /ephemeral\.random_password/);
    assert.match(
      resource('aws_secretsmanager_secret_version', 'database_url').secret_string_wo,
      /ephemeral\./,
    );
    for (const text of textsIn(files.map(({ body }) => body.output ?? {})))
      assert.doesNotMatch(text, /password/);
  });

  it('allows everything on everything nowhere', () => {
    for (const [, name, body] of declared('data').filter(([type]) => type === 'aws_iam_policy_document')) {
      for (const statement of body.statement as HclBody[]) {
        for (const action of statement.actions) assert.doesNotMatch(action, /\*/, name);
        if (statement.resources?.includes('*') && statement.condition === undefined) {
          for (const action of statement.actions) {
            assert.match(action, /GetAuthorizationToken|RegisterTaskDefinition|DescribeTaskDefinition/, name);
          }
        }
      }
    }
  });

  it('runs the gateway as it wants to be run', () => {
    const [first = {}] = module
      .flatMap((body) => (body.locals ?? []) as HclBody[])
      .filter((each) => 'settings' in each);
    for (const name of Object.keys(first.settings)) assert.ok(name in settings.shape, name);
    assert.equal(first.api_port, settings.parse({}).PORT);
    const [check] = resource('aws_lb_target_group', 'api').health_check;
    assert.equal(check.path, '/health/ready');
    // The gateway keeps connections for 72 s.
    assert.ok(resource('aws_lb', 'main').idle_timeout < 72);
    const definition = resource('aws_ecs_task_definition', 'api').container_definitions as string;
    const [, stop] = /stopTimeout\s*=\s*(\d+)/.exec(definition) ?? [];
    assert.ok(Number(stop) * 1_000 > Number(first.settings.SHUTDOWN_GRACE_MS));
  });
});

function checkBlock(body: HclBody, schema: Block, where: string): void {
  const dynamic = Object.keys((body.dynamic ?? {}) as HclBody);
  for (const name of [...Object.keys(body), ...dynamic]) {
    if (metaArguments.has(name)) continue;
    assert.ok(schema.required.includes(name) || schema.optional.includes(name), `${where} has no ${name}`);
    const block = schema.blocks[name];
    if (block === undefined || !Array.isArray(body[name])) continue;
    for (const inner of body[name] as unknown[]) {
      if (typeof inner === 'object') checkBlock(inner as HclBody, block, `${where}.${name}`);
    }
  }
  for (const name of schema.required) {
    assert.ok(name in body || dynamic.includes(name), `${where} needs ${name}`);
  }
}

function leaf(...required: string[]): Block {
  return { required, optional: [], blocks: {} };
}
