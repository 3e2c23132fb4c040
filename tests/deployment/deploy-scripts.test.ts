import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterEach, before, beforeEach, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { commandLine } from '../fixtures/required-tool.ts';

const run = promisify(execFile);
const scripts = resolve(import.meta.dirname, '../../tools/deploy');

/**
 * A mock of the AWS CLI: it notes what it is asked and gives answers of the right form, from files of its folder where
 * a test has put some. That AWS itself agrees is not tried here.
 */
const mock = `#!/bin/bash
echo "$*" >> "$MOCK/calls"
case "$1 $2" in
  'ecs describe-task-definition') echo '{"family":"f","revision":7,"taskDefinitionArn":"arn:7","status":"ACTIVE","compatibilities":["EC2"],"registeredAt":"x","containerDefinitions":[{"name":"api","image":"old"}]}' ;;
  'ecs register-task-definition') cp "\${4#file://}" "$MOCK/registered.json"; echo 'arn:8' ;;
  'ecs describe-services')
    case "$*" in
      *networkConfiguration*) echo '{"awsvpcConfiguration":{"subnets":["s"]}}' ;;
      *capacityProviderStrategy*) echo '[{"capacityProvider":"c","weight":1}]' ;;
      *) cat "$MOCK/running" ;;
    esac ;;
  'ecs update-service') [ -e "$MOCK/unhealthy" ] || echo "\${*: -1}" > "$MOCK/running" ;;
  'ecs run-task') cat "$MOCK/task" ;;
  'ecs describe-tasks') case "$*" in *exitCode*) cat "$MOCK/exit-code" ;; *) echo 'Essential container exited' ;; esac ;;
  'ecs wait') ;;
  *) echo "the mock does not know: $*" >&2; exit 1 ;;
esac
`;

describe('the scripts of the pipelines, with a mock of AWS', () => {
  let folder: string;

  before(async () => {
    await commandLine('jq', 'apt-get install jq');
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'measurement-deploy-'));
    await writeFile(join(folder, 'aws'), mock);
    await chmod(join(folder, 'aws'), 0o755);
    await put({ running: 'arn:7\n', task: 'arn:task\n', 'exit-code': '0\n', output: '' });
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const put = (files: Record<string, string>) =>
    Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)));
  const read = (name: string) => readFile(join(folder, name), 'utf8');
  const script = (name: string) =>
    run('bash', [join(scripts, name)], {
      cwd: folder,
      env: {
        PATH: `${folder}${delimiter}${process.env.PATH}`,
        MOCK: folder,
        NAME: 'measurement-app-staging',
        IMAGE: 'registry/measurement-app-staging:abc',
        PREVIOUS: 'arn:6',
        GITHUB_OUTPUT: join(folder, 'output'),
      },
    });

  it('deploy registers the image, notes what ran before, and is content when the new tasks run', async () => {
    await script('deploy.sh');
    const registered = JSON.parse(await read('registered.json'));
    assert.deepEqual(registered, {
      family: 'f',
      containerDefinitions: [{ name: 'api', image: 'registry/measurement-app-staging:abc' }],
    });
    assert.equal(await read('output'), 'previous=arn:7\n');
    assert.match(
      await read('calls'),
      /update-service --cluster measurement-app-staging --service measurement-app-staging-api --task-definition arn:8/,
    );
  });

  it('deploy fails when ECS went back by itself, and has said what ran before', async () => {
    await put({ unhealthy: '' });
    await assert.rejects(script('deploy.sh'), /ECS went back to the earlier ones/);
    assert.equal(await read('output'), 'previous=arn:7\n');
  });

  it('migrate runs one task where the service runs, and fails with its exit code', async () => {
    await script('migrate.sh');
    assert.match(await read('calls'), /run-task .*"subnets":\["s"\].*"capacityProvider":"c"/);
    await put({ 'exit-code': '1\n' });
    await assert.rejects(script('migrate.sh'), /The migration ended with 1 \(Essential container exited\)/);
    await put({ task: 'None\n' });
    await assert.rejects(script('migrate.sh'), /ECS did not start the migration/);
  });

  it('roll back gives the service what ran before', async () => {
    await script('roll-back.sh');
    assert.equal(await read('running'), 'arn:6\n');
  });
});
