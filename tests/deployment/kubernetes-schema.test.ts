import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { before, describe, it } from 'node:test';
import { Ajv, type ValidateFunction } from 'ajv';
import {
  environments,
  type KubernetesObject,
  objectFiles,
  objectsOf,
  podTemplate,
  renderAll,
} from '../fixtures/kubernetes-objects.ts';

const schema = JSON.parse(
  await readFile(new URL('schemas/kubernetes-1.32.json', import.meta.url), 'utf8'),
) as { kinds: Record<string, string>; $defs: object };

/** The fields that Velero's CustomResourceDefinition gives a Schedule; it is not part of Kubernetes. */
const veleroFields = new Set([
  'csiSnapshotTimeout',
  'defaultVolumesToFsBackup',
  'excludedNamespaces',
  'excludedResources',
  'hooks',
  'includeClusterResources',
  'includedNamespaces',
  'includedResources',
  'labelSelector',
  'snapshotVolumes',
  'storageLocation',
  'ttl',
  'volumeSnapshotLocations',
]);

/** They cannot be restricted: one reads the logs of the node, the other measures its disks, processes and network. */
const readsTheNode = new Set(['fluentd', 'node-exporter']);

/** Elastic's images write into their own folders as they start. */
const writable = new Set(['elasticsearch', 'kibana']);

describe('Kubernetes objects', () => {
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  const validators = new Map<string, ValidateFunction>();
  let rendered: Map<string, KubernetesObject[]>;

  before(async () => {
    rendered = await renderAll();
  });

  function problems(object: KubernetesObject): string[] {
    const kind = `${object.apiVersion}/${object.kind}`;
    const definition = schema.kinds[kind];
    if (definition === undefined) return [`${kind} is not a kind of Kubernetes 1.32 that is checked`];
    const validate =
      validators.get(kind) ?? ajv.compile({ $ref: `#/$defs/${definition}`, $defs: schema.$defs });
    validators.set(kind, validate);
    validate(object);
    const where = `${object.kind} ${object.metadata?.name}`;
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${where}${instancePath}: ${message} ${JSON.stringify(params)}`,
    );
  }

  it('the check notices a field that does not exist, a wrong type and a missing field', () => {
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' }, spec: { port: [] } };
    assert.match(problems(service).join(), /additional properties .*"port"/);
    assert.match(problems({ ...service, spec: { ports: [{ port: 'http' }] } }).join(), /integer/);
    assert.match(problems({ ...service, spec: { ports: [{ name: 'http' }] } }).join(), /required.*"port"/);
    assert.match(problems({ ...service, apiVersion: 'v2' }).join(), /not a kind/);
  });

  it('every file under k8s/ is valid for Kubernetes 1.32', async () => {
    const files = (await objectFiles()).filter((file) => file !== 'velero-schedule.yml');
    assert.ok(files.includes('api.yml') && files.includes('monitoring/prometheus.yml'));
    for (const file of files) assert.deepEqual((await objectsOf(file)).flatMap(problems), [], file);
  });

  it('the collector of logs is valid, and its pods are where Elasticsearch lets them in', async () => {
    const objects = await objectsOf('../observability/fluentd/kubernetes/daemonset.yaml');
    assert.deepEqual(objects.flatMap(problems), []);
    const [daemons] = objects;
    assert.equal(daemons.metadata.namespace, 'logging');
    const policy = rendered.get('k8s/logging')?.find(({ kind }) => kind === 'NetworkPolicy');
    const [{ podSelector }] = policy.spec.ingress[0].from;
    for (const [label, value] of Object.entries(podSelector.matchLabels)) {
      assert.equal(daemons.spec.template.metadata.labels[label], value);
    }
  });

  it('every environment and what a cluster has once are valid for Kubernetes 1.32', () => {
    for (const [path, objects] of rendered) {
      assert.ok(objects.length > 3, path);
      assert.deepEqual(objects.flatMap(problems), [], path);
    }
  });

  it('the Velero Schedule has the fields of its definition', async () => {
    const [schedule, ...others] = await objectsOf('velero-schedule.yml');
    assert.deepEqual(others, []);
    assert.deepEqual(Object.keys(schedule.spec).sort(), ['schedule', 'template']);
    assert.match(schedule.spec.schedule, /^(\S+ ){4}\S+$/);
    for (const field of Object.keys(schedule.spec.template)) assert.ok(veleroFields.has(field), field);
  });

  it('every pod is restricted, but what reads the node', () => {
    for (const object of [...rendered.values()].flat()) {
      const pod = podTemplate(object)?.spec;
      if (pod === undefined || readsTheNode.has(object.metadata.name)) continue;
      const where = `${object.kind} ${object.metadata.name}`;
      assert.equal(pod.securityContext.runAsNonRoot, true, where);
      assert.equal(pod.securityContext.seccompProfile.type, 'RuntimeDefault', where);
      assert.ok(!pod.hostNetwork && !pod.hostPID && !pod.hostIPC, where);
      for (const volume of pod.volumes ?? []) assert.equal(volume.hostPath, undefined, where);
      for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
        const { securityContext, resources } = container;
        assert.equal(securityContext.allowPrivilegeEscalation, false, where);
        assert.equal(securityContext.readOnlyRootFilesystem, !writable.has(object.metadata.name), where);
        assert.deepEqual(securityContext.capabilities, { drop: ['ALL'] }, where);
        assert.ok(resources.requests.cpu && resources.requests.memory && resources.limits.memory, where);
        assert.doesNotMatch(container.image, /:latest$|^[^:]+$/, where);
      }
    }
  });

  it('the exporter of the nodes has what it needs and no more, in a namespace that admits it', () => {
    const objects = rendered.get('k8s/monitoring/node-exporter') ?? [];
    const [namespace] = objects.filter(({ kind }) => kind === 'Namespace');
    assert.equal(namespace.metadata.labels['pod-security.kubernetes.io/enforce'], 'privileged');
    const [{ metadata, spec }] = objects.filter(({ kind }) => kind === 'DaemonSet');
    assert.equal(metadata.namespace, namespace.metadata.name);
    const pod = spec.template.spec;
    assert.equal(pod.securityContext.runAsNonRoot, true);
    assert.equal(pod.automountServiceAccountToken, false);
    const [container] = pod.containers;
    assert.equal(container.securityContext.allowPrivilegeEscalation, false);
    assert.deepEqual(container.securityContext.capabilities, { drop: ['ALL'] });
    assert.ok(container.volumeMounts.every(({ readOnly }: { readOnly: boolean }) => readOnly));
    assert.ok(container.resources.requests.memory && container.resources.limits.memory);
    for (const environment of environments) {
      const own = rendered.get(`kustomize/${environment}`)?.find(({ kind }) => kind === 'Namespace');
      assert.equal(own.metadata.labels['pod-security.kubernetes.io/enforce'], 'restricted');
    }
  });
});
