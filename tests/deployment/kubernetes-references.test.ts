import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { before, describe, it } from 'node:test';
import { parse } from 'yaml';
import { settings } from '../../src/config.ts';
import {
  environments,
  type KubernetesObject,
  objectsOf,
  podTemplate,
  renderAll,
} from '../fixtures/kubernetes-objects.ts';

const root = resolve(import.meta.dirname, '../..');
const text = (path: string) => readFile(resolve(root, path), 'utf8');

/** What the schema cannot see: that objects which name each other mean each other, and mean the gateway. */
describe('Kubernetes objects and each other', () => {
  let rendered: Map<string, KubernetesObject[]>;

  before(async () => {
    rendered = await renderAll();
  });

  const ofKind = (objects: KubernetesObject[], ...kinds: string[]) =>
    objects.filter(({ kind }) => kinds.includes(kind));
  const named = (objects: KubernetesObject[], kind: string, name: string) =>
    objects.find((object) => object.kind === kind && object.metadata.name === name);
  const pods = (objects: KubernetesObject[]) => objects.map(podTemplate).filter((pod) => pod !== undefined);
  const selects = (selector: object, pod: KubernetesObject) =>
    Object.entries(selector).every(([key, value]) => pod.metadata.labels[key] === value);
  const containersOf = (pod: KubernetesObject): KubernetesObject[] => [
    ...pod.spec.containers,
    ...(pod.spec.initContainers ?? []),
  ];
  const portNames = (pod: KubernetesObject) =>
    new Set(
      containersOf(pod).flatMap(({ ports }) => (ports ?? []).map(({ name }: { name: string }) => name)),
    );
  const portNumbers = (pod: KubernetesObject) =>
    new Set(
      containersOf(pod).flatMap(({ ports }) =>
        (ports ?? []).map(({ containerPort }: { containerPort: number }) => containerPort),
      ),
    );

  it('selectors match the labels of their own pods', () => {
    for (const [path, objects] of rendered) {
      for (const object of ofKind(objects, 'Deployment', 'StatefulSet', 'DaemonSet')) {
        assert.ok(
          selects(object.spec.selector.matchLabels, object.spec.template),
          `${path} ${object.metadata.name}`,
        );
      }
      for (const service of ofKind(objects, 'Service')) {
        const behind = pods(objects).filter((pod) => selects(service.spec.selector, pod));
        assert.equal(behind.length, 1, `${path}: ${service.metadata.name} is in front of one kind of pod`);
        for (const { targetPort } of service.spec.ports) {
          assert.ok(portNames(behind[0]).has(targetPort), `${service.metadata.name}: ${targetPort}`);
        }
      }
      for (const budget of ofKind(objects, 'PodDisruptionBudget')) {
        assert.ok(pods(objects).some((pod) => selects(budget.spec.selector.matchLabels, pod)));
      }
      for (const object of ofKind(objects, 'StatefulSet')) {
        assert.ok(named(objects, 'Service', object.spec.serviceName), object.spec.serviceName);
      }
      for (const { spec } of ofKind(objects, 'HorizontalPodAutoscaler')) {
        const target = named(objects, spec.scaleTargetRef.kind, spec.scaleTargetRef.name);
        assert.ok(target.spec.replicas >= spec.minReplicas && target.spec.replicas <= spec.maxReplicas);
      }
    }
  });

  it('settings, secrets, volumes and accounts that are named exist', async () => {
    const script = await text('tools/apply_observability.sh');
    for (const [path, objects] of rendered) {
      for (const pod of pods(objects)) {
        const volumes = new Set((pod.spec.volumes ?? []).map(({ name }: { name: string }) => name));
        const owner = objects.find((object) => podTemplate(object) === pod);
        for (const claim of owner.spec.volumeClaimTemplates ?? []) volumes.add(claim.metadata.name);
        const account = pod.spec.serviceAccountName;
        if (account !== undefined) assert.ok(named(objects, 'ServiceAccount', account), `${path} ${account}`);
        for (const volume of pod.spec.volumes ?? []) {
          if (volume.configMap && !volume.configMap.optional) {
            const { name } = volume.configMap;
            assert.ok(named(objects, 'ConfigMap', name) ?? script.includes(`config_map ${name} `), name);
          }
          if (volume.secret) {
            const { data } = named(objects, 'Secret', volume.secret.secretName);
            for (const { key } of volume.secret.items) assert.ok(key in data, key);
          }
          const claim = volume.persistentVolumeClaim?.claimName;
          if (claim !== undefined) assert.ok(named(objects, 'PersistentVolumeClaim', claim), claim);
        }
        for (const container of containersOf(pod)) {
          for (const { name } of container.volumeMounts ?? []) assert.ok(volumes.has(name), name);
          for (const { configMapRef } of container.envFrom ?? []) {
            assert.ok(named(objects, 'ConfigMap', configMapRef.name), configMapRef.name);
          }
          for (const { valueFrom } of container.env ?? []) {
            if (valueFrom?.secretKeyRef === undefined) continue;
            const { name, key } = valueFrom.secretKeyRef;
            assert.ok(key in named(objects, 'Secret', name).data, `${name} has ${key}`);
          }
          for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
            const { httpGet, tcpSocket } = container[probe] ?? {};
            const port = httpGet?.port ?? tcpSocket?.port;
            if (port !== undefined) assert.ok(portNames(pod).has(port), `${container.name} ${port}`);
          }
        }
      }
      for (const binding of ofKind(objects, 'RoleBinding', 'ClusterRoleBinding')) {
        assert.ok(named(objects, binding.roleRef.kind, binding.roleRef.name));
        for (const { kind, name, namespace } of binding.subjects) {
          const there = rendered.get(`kustomize/${namespace}`) ?? objects;
          // Without an overlay, objects go where one is.
          if (namespace !== 'default') assert.ok(named(there, kind, name), `${namespace} ${name}`);
        }
      }
    }
  });

  it('network policies are about pods and ports that exist, and let the API reach what it needs', () => {
    for (const environment of environments) {
      const objects = rendered.get(`kustomize/${environment}`) ?? [];
      const policies = ofKind(objects, 'NetworkPolicy');
      for (const { metadata, spec } of policies) {
        const own = pods(objects).filter((pod) => selects(spec.podSelector.matchLabels ?? {}, pod));
        assert.ok(own.length > 0, metadata.name);
        for (const { ports } of spec.ingress ?? []) {
          for (const { port } of ports ?? [])
            assert.ok(
              own.some((pod) => portNames(pod).has(port)),
              metadata.name,
            );
        }
        for (const { to, ports } of spec.egress ?? []) {
          for (const { podSelector } of to ?? []) {
            if (podSelector === undefined) continue;
            const others = pods(objects).filter((pod) => selects(podSelector.matchLabels, pod));
            assert.ok(others.length > 0, metadata.name);
            for (const { port } of ports)
              assert.ok(
                others.some((pod) => portNumbers(pod).has(port)),
                metadata.name,
              );
          }
        }
      }
      for (const pod of pods(objects)) {
        const about = policies.filter(({ spec }) => selects(spec.podSelector.matchLabels ?? {}, pod));
        assert.ok(about.length > 2, `${JSON.stringify(pod.metadata.labels)} has a policy of its own`);
      }
    }
  });

  it('what one policy lets out, the other lets in', () => {
    for (const environment of environments) {
      const objects = rendered.get(`kustomize/${environment}`) ?? [];
      const policies = ofKind(objects, 'NetworkPolicy');
      for (const source of pods(objects)) {
        const out = policies.filter(({ spec }) => selects(spec.podSelector.matchLabels ?? {}, source));
        for (const { to, ports } of out.flatMap(({ spec }) => spec.egress ?? [])) {
          const selectors = (to ?? []).flatMap(({ podSelector }: KubernetesObject) => podSelector ?? []);
          for (const { matchLabels } of selectors) {
            for (const target of pods(objects).filter((pod) => selects(matchLabels, pod))) {
              for (const { port } of ports) assert.ok(letsIn(policies, target, source, port), `${port}`);
            }
          }
        }
      }
    }
  });

  function letsIn(
    policies: KubernetesObject[],
    target: KubernetesObject,
    source: KubernetesObject,
    port: number,
  ) {
    const names = containersOf(target)
      .flatMap(({ ports }) => ports ?? [])
      .filter(({ containerPort }) => containerPort === port)
      .map(({ name }) => name);
    return policies
      .filter(({ spec }) => selects(spec.podSelector.matchLabels ?? {}, target))
      .flatMap(({ spec }) => spec.ingress ?? [])
      .some(
        (rule) =>
          rule.from.some(
            ({ podSelector }: KubernetesObject) => podSelector && selects(podSelector.matchLabels, source),
          ) && rule.ports.some((open: { port: string }) => names.includes(open.port)),
      );
  }

  it('Prometheus has the jobs of Compose, and may reach what it scrapes and tells', async () => {
    const compose = parse(await text('observability/prometheus/prometheus.yml'));
    const jobs = (config: KubernetesObject) =>
      config.scrape_configs.map((job: KubernetesObject) => job.job_name).sort();
    for (const environment of environments) {
      const objects = rendered.get(`kustomize/${environment}`) ?? [];
      const policies = ofKind(objects, 'NetworkPolicy');
      const config = parse(named(objects, 'ConfigMap', 'prometheus-config').data['prometheus.yml']);
      // Kubernetes has no collector of traces here.
      assert.deepEqual([...jobs(config), 'otel-collector'].sort(), jobs(compose));
      const prometheus = named(objects, 'StatefulSet', 'prometheus').spec.template;
      const targets = [...config.alerting.alertmanagers, ...config.scrape_configs]
        .flatMap(({ static_configs = [] }) => static_configs)
        .flatMap(({ targets }) => targets as string[])
        .filter((target) => target !== 'localhost:9090');
      assert.equal(targets.length, 3);
      for (const target of targets) {
        const [host = '', port] = target.split(':');
        const { spec } = named(objects, 'Service', host);
        assert.equal(spec.ports[0].port, Number(port), target);
        const [behind] = pods(objects).filter((pod) => selects(spec.selector, pod));
        assert.ok(letsIn(policies, behind, prometheus, Number(port)), target);
        const { egress } = named(objects, 'NetworkPolicy', 'prometheus').spec;
        const way = egress.find(
          ({ to }: KubernetesObject) => to && selects(to[0].podSelector.matchLabels, behind),
        );
        assert.equal(way.ports[0].port, Number(port), target);
      }
      // The nodes' exporters: found where they are, by the account that may look, at the port that is open.
      const [nodes] =
        rendered.get('k8s/monitoring/node-exporter')?.filter(({ kind }) => kind === 'DaemonSet') ?? [];
      const job = config.scrape_configs.find((one: KubernetesObject) => one.job_name === 'node');
      assert.deepEqual(job.kubernetes_sd_configs[0].namespaces.names, [nodes.metadata.namespace]);
      const [port] = nodes.spec.template.spec.containers[0].ports;
      const label = nodes.spec.template.metadata.labels['app.kubernetes.io/name'];
      assert.equal(job.relabel_configs[0].regex, `${label};${port.name}`);
      const { egress } = named(objects, 'NetworkPolicy', 'prometheus').spec;
      assert.ok(
        egress.some(({ to, ports }: KubernetesObject) => !to && ports[0].port === port.containerPort),
      );
      const binding = ofKind(rendered.get('k8s/monitoring/node-exporter') ?? [], 'RoleBinding')[0];
      assert.ok(
        binding.subjects.some(
          ({ name, namespace }: KubernetesObject) =>
            namespace === environment && name === prometheus.spec.serviceAccountName,
        ),
      );
    }
  });

  it('Alertmanager finds every file that its configuration names, and the exporters their servers', async () => {
    const objects = rendered.get('kustomize/production') ?? [];
    const { containers, volumes } = named(objects, 'StatefulSet', 'alertmanager').spec.template.spec;
    const files = new Set<string>();
    for (const { name, mountPath } of containers[0].volumeMounts) {
      const volume = volumes.find((one: KubernetesObject) => one.name === name);
      for (const { path } of (volume?.configMap ?? volume?.secret)?.items ?? [])
        files.add(`${mountPath}/${path}`);
    }
    const config = await text('observability/alertmanager/alertmanager.yml');
    const secrets = [...config.matchAll(/_file: (\S+)/g)].map(([, path = '']) => path);
    const templates = await readdir(resolve(root, 'observability/alertmanager/templates'));
    assert.deepEqual(
      [...files].sort(),
      [
        '/etc/alertmanager/alertmanager.yml',
        ...templates.map((name) => `/etc/alertmanager/templates/${name}`),
        ...secrets,
      ].sort(),
    );
    const value = (deployment: string, variable: string) =>
      named(objects, 'Deployment', deployment).spec.template.spec.containers[0].env.find(
        ({ name }: { name: string }) => name === variable,
      ).value;
    const uri = new URL(`postgresql://${value('postgres-exporter', 'DATA_SOURCE_URI')}`);
    assert.equal(named(objects, 'Service', uri.hostname).spec.ports[0].port, Number(uri.port));
    const [postgres] = named(objects, 'StatefulSet', 'postgres').spec.template.spec.containers;
    const { POSTGRES_USER: user, POSTGRES_DB: database } = Object.fromEntries(
      postgres.env.map(({ name, value }: { name: string; value: string }) => [name, value]),
    );
    assert.equal(value('postgres-exporter', 'DATA_SOURCE_USER'), user);
    assert.equal(uri.pathname, `/${database}`);
    const { host, port } = redis(value('redis-exporter', 'REDIS_ADDR'));
    assert.equal(named(objects, 'Service', host).spec.ports[0].port, port);
  });

  it('what Compose has too has the same version', async () => {
    const { services } = parse(await text('docker-compose.yml'), { merge: true });
    const names = [
      'prometheus',
      'alertmanager',
      'grafana',
      'node-exporter',
      'postgres-exporter',
      'redis-exporter',
    ];
    const all = [...rendered.values()].flat();
    for (const name of names) {
      const pod = podTemplate(all.find((object) => object.metadata.name === name && podTemplate(object)));
      assert.equal(pod.spec.containers[0].image, services[name].image, name);
    }
  });

  it('the API is configured by names the gateway knows, at its ports, and asked for what it offers', async () => {
    for (const environment of environments) {
      const objects = rendered.get(`kustomize/${environment}`) ?? [];
      for (const name of ['measurement-app-config', 'measurement-backup-config']) {
        const { data } = named(objects, 'ConfigMap', name);
        for (const key of Object.keys(data)) assert.ok(key in settings.shape, `${key} is a setting`);
      }
      const { data } = named(objects, 'ConfigMap', 'measurement-app-config');
      const values = settings.parse({ ...data, DATABASE_URL: 'postgresql://a@b/c' });
      const pod = named(objects, 'Deployment', 'measurement-app').spec.template;
      const [api] = pod.spec.containers;
      assert.deepEqual([...portNumbers(pod)], [values.PORT, values.METRICS_PORT]);
      assert.equal(api.livenessProbe.httpGet.path, '/health/live');
      assert.equal(api.readinessProbe.httpGet.path, '/health/ready');
      const grace = api.lifecycle.preStop.sleep.seconds * 1_000 + values.SHUTDOWN_GRACE_MS;
      assert.ok(pod.spec.terminationGracePeriodSeconds * 1_000 > grace);
      const { host, port } = redis(values.REDIS_URL);
      assert.equal(named(objects, 'Service', host).spec.ports[0].port, port);
      const secret = ofKind(objects, 'Secret')[0].data.DATABASE_URL;
      const database = new URL(Buffer.from(secret, 'base64').toString());
      assert.equal(named(objects, 'Service', database.hostname).spec.ports[0].port, Number(database.port));
      const { maxReplicas } = ofKind(objects, 'HorizontalPodAutoscaler')[0].spec;
      const [postgres] = named(objects, 'StatefulSet', 'postgres').spec.template.spec.containers;
      const [, limit] = /max_connections=(\d+)/.exec(postgres.args.join(' ')) ?? [];
      assert.ok(maxReplicas * values.DATABASE_POOL_SIZE < Number(limit) - 10, 'connections for everybody');
    }
  });

  it('each environment has its own namespace and volume, and the sizes it should have', () => {
    const sizes = environments.map((environment) => {
      const objects = rendered.get(`kustomize/${environment}`) ?? [];
      for (const { kind, metadata } of objects) {
        if (!['Namespace', 'PersistentVolume'].includes(kind)) assert.equal(metadata.namespace, environment);
      }
      const [volume] = ofKind(objects, 'PersistentVolume');
      const { spec } = named(objects, 'StatefulSet', 'postgres').spec.volumeClaimTemplates[0];
      assert.equal(volume.metadata.name, spec.volumeName);
      assert.equal(volume.spec.capacity.storage, spec.resources.requests.storage);
      assert.deepEqual(volume.spec.claimRef, { name: 'data-postgres-0', namespace: environment });
      assert.equal(named(objects, 'Deployment', 'redis-cache').spec.replicas, 1);
      assert.equal(named(objects, 'StatefulSet', 'postgres').spec.replicas, 1);
      return named(objects, 'Deployment', 'measurement-app').spec.replicas;
    });
    assert.deepEqual(sizes, [1, 2, 5]);
  });

  it('each file can be applied by itself, with the names that are documented', async () => {
    const api = await objectsOf('api.yml');
    assert.equal(named(api, 'Deployment', 'measurement-app').spec.replicas, 5);
    assert.equal(named(api, 'Service', 'measurement-app-svc').spec.type, 'ClusterIP');
    assert.equal(named(await objectsOf('db.yml'), 'Service', 'postgres-svc').spec.type, 'ClusterIP');
    assert.equal(named(await objectsOf('cache.yml'), 'Service', 'redis-cache-svc').spec.type, 'ClusterIP');
    const [ingress] = await objectsOf('ingress.example.yml');
    const { service } = ingress.spec.rules[0].http.paths[0].backend;
    const target = named(api, 'Service', service.name);
    assert.ok(target.spec.ports.some(({ name }: { name: string }) => name === service.port.name));
  });
});

function redis(url: string | undefined): { host: string; port: number } {
  const { hostname, port } = new URL(url ?? '');
  return { host: hostname, port: Number(port) };
}
