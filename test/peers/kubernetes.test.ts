import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { cleanup } from '../support/cleanup.js';
import {
  all,
  CHART,
  charted,
  containerOf,
  environmentOf,
  kustomized,
  type Manifest,
  manifests,
  one,
  type PodTemplate,
  schemaFindings,
  tool,
} from '../support/kubernetes.js';
import { comparable, withComponents } from '../support/kubernetes-objects.js';
import { execute } from '../support/program.js';
import { startService } from '../support/service.js';
import { startTopology } from '../support/topology.js';
import { isInTheOpen, SECRET_VARIABLES, variableOf } from '../support/variables.js';

const { later, temporaryFolder } = cleanup();

const OVERLAYS = readdirSync('deploy/kubernetes/overlays');
const SECRETS = '/run/secrets/';

/** What the chart is given for the production overlay's. */
const AS_PRODUCTION = [
  'image.repository=registry.example.com/holdfast',
  'environment.TRUSTED_PROXIES=10.244.0.0/16',
  'serviceMonitor.enabled=true',
];

const rendered = new Map([
  ...OVERLAYS.map((name) => [name, kustomized(join('deploy/kubernetes/overlays', name))] as const),
  ['chart', charted(AS_PRODUCTION)] as const,
]);

function objectsOf(overlay: string): readonly Manifest[] {
  return rendered.get(overlay) ?? [];
}
function service(objects: readonly Manifest[]): PodTemplate {
  return one(objects, 'Deployment').spec.template;
}
function migrations(objects: readonly Manifest[]): PodTemplate {
  return one(objects, 'Job').spec.template;
}
/** Whether a selector means a pod. */
function selects(selector: Readonly<Record<string, string>>, { metadata }: PodTemplate): boolean {
  return Object.entries(selector).every(([name, value]) => metadata.labels[name] === value);
}

it('has staging and production', () => {
  expect(OVERLAYS.toSorted()).toEqual(['production', 'staging']);
});

describe.each([...rendered.keys()])('%s', (overlay) => {
  const objects = objectsOf(overlay);
  const pods = [service(objects), migrations(objects)];

  it('is what the published schemas take, and has no field that there is not', async () => {
    expect(await schemaFindings(objects)).toEqual([]);
  });

  it('gives no variable that there is not, and secrets as files alone', () => {
    for (const pod of pods) {
      const mounts = containerOf(pod).volumeMounts.map(({ mountPath }) => `${mountPath}/`);
      for (const [variable, value] of Object.entries(environmentOf(objects, pod))) {
        expect({
          variable,
          known: variableOf(variable) !== undefined,
          inTheOpen: isInTheOpen(variable),
        }).toEqual({ variable, known: true, inTheOpen: false });
        if (value.startsWith('/')) {
          expect(mounts.some((folder) => value.startsWith(folder))).toBe(true);
        }
      }
    }
    expect(environmentOf(objects, service(objects))).toMatchObject({
      APP_PERSISTENCE_PROFILE: 'PRODUCTION',
      APP_ENV: overlay === 'staging' ? overlay : 'production',
      DB_SSL_MODE: 'verify-full',
    });
  });

  it('lets the migrations alone have the rights of the owner', () => {
    const [served, migrated] = pods.map(({ spec }) =>
      spec.volumes.flatMap(({ secret }) => (secret ? [secret.secretName] : [])),
    );
    expect(served).toEqual(['holdfast']);
    expect(migrated).toEqual(['holdfast', 'holdfast-migration']);
  });

  it('confines its pods, and lets nobody read their secrets but them', () => {
    for (const pod of pods) {
      expect(pod.spec).toMatchObject({
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      });
      expect(containerOf(pod)).toMatchObject({
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        resources: { requests: expect.anything(), limits: { memory: expect.any(String) } },
      });
      for (const { secret } of pod.spec.volumes) {
        if (secret) expect(secret.defaultMode & 0o007).toBe(0);
      }
    }
  });

  it('has ports that agree, and services that lead to the service and not to the migrations', () => {
    const { ports = [] } = containerOf(service(objects));
    const { PORT, OPS_PORT } = environmentOf(objects, service(objects));
    expect(ports).toEqual([
      { name: 'http', containerPort: Number(PORT) },
      { name: 'operations', containerPort: Number(OPS_PORT) },
    ]);
    const leadsTo = all(objects, 'Service').map(({ metadata, spec }) => {
      expect(pods.map((pod) => selects(spec.selector, pod))).toEqual([true, false]);
      return [metadata.name, spec.ports.map(({ targetPort }) => targetPort)];
    });
    expect(leadsTo).toEqual([
      ['holdfast', ['http']],
      ['holdfast-operations', ['operations']],
    ]);
  });

  it('has Prometheus ask the service of the operations port', () => {
    const { selector, endpoints } = one(objects, 'ServiceMonitor').spec;
    const meant = all(objects, 'Service').filter(({ metadata: { labels = {} } }) =>
      Object.entries(selector.matchLabels).every(([name, value]) => labels[name] === value),
    );
    expect(meant.map(({ metadata: { name } }) => name)).toEqual(['holdfast-operations']);
    expect(endpoints).toMatchObject([{ port: 'operations', path: '/metrics' }]);
  });

  it('has a policy for each pod, and lets clients to the one port and Prometheus to the other', () => {
    const policies = all(objects, 'NetworkPolicy').map(({ spec }) => spec);
    for (const pod of pods) {
      const own = policies.filter(({ podSelector }) => selects(podSelector.matchLabels, pod));
      expect(own.map(({ policyTypes }) => policyTypes)).toEqual([['Ingress', 'Egress']]);
      const letIn = own.flatMap(({ ingress }) => ingress.flatMap(({ ports }) => ports));
      const { ports = [] } = containerOf(pod);
      expect(letIn.map(({ port }) => port)).toEqual(ports.map(({ name }) => name));
    }
  });

  it('has the drain end before the pod is killed, and never fewer pods than before', () => {
    const { SHUTDOWN_DRAIN_MS = '', SHUTDOWN_TIMEOUT_MS = '' } = environmentOf(
      objects,
      service(objects),
    );
    const { terminationGracePeriodSeconds: grace } = service(objects).spec;
    const {
      periodSeconds = 0,
      failureThreshold = 0,
      timeoutSeconds = 0,
    } = containerOf(service(objects)).readinessProbe ?? {};
    const noticedMs = (periodSeconds * failureThreshold + timeoutSeconds) * 1000;
    expect(noticedMs).toBeLessThan(Number(SHUTDOWN_DRAIN_MS));
    expect(Number(SHUTDOWN_DRAIN_MS)).toBeLessThan(Number(SHUTDOWN_TIMEOUT_MS));
    expect(Number(SHUTDOWN_TIMEOUT_MS)).toBeLessThan(grace * 1000);
    expect(one(objects, 'Deployment').spec.strategy.rollingUpdate.maxUnavailable).toBe(0);
  });

  it('counts its pods as the rate limits do', () => {
    const { minReplicas } = one(objects, 'HorizontalPodAutoscaler').spec;
    expect(environmentOf(objects, service(objects)).RATE_LIMIT_INSTANCES).toBe(String(minReplicas));
  });
});

describe('what deploy/kubernetes/overlays/production describes, as processes', () => {
  it('is let through by the guard, fits the server in number, migrates, and answers every probe and scrape', async () => {
    const objects = objectsOf('production');
    const { secrets } = await startTopology(later);
    const given = (pod: PodTemplate) => ({
      // What Kubernetes sets in every pod, and the image.
      KUBERNETES_SERVICE_HOST: '10.96.0.1',
      NODE_ENV: 'production',
      ...Object.fromEntries(
        Object.entries(environmentOf(objects, pod)).map(([name, value]) => {
          const file = value.startsWith(SECRETS) ? (value.split('/').at(-1) ?? '') : undefined;
          return [name, file === undefined ? value : join(secrets, file)];
        }),
      ),
      // Others on this machine may have them.
      PORT: '0',
      OPS_PORT: '0',
      // An address of everybody's: what is started here is for this machine alone.
      HOST: '127.0.0.1',
      SHUTDOWN_DRAIN_MS: '0',
    });

    const [program, script, ...args] = containerOf(migrations(objects)).command ?? [];
    expect([program, script]).toEqual(['node', 'dist/cli.js']);
    const migrated = await execute('cli.js', args, given(migrations(objects)));
    expect(migrated).toMatchObject({ code: 0 });

    const { maxReplicas } = one(objects, 'HorizontalPodAutoscaler').spec;
    const { maxSurge } = one(objects, 'Deployment').spec.strategy.rollingUpdate;
    const instances = String(maxReplicas + maxSurge);
    const asked = ['check', '--connect', '--migrations', '--instances', instances, '--json'];
    const checked = await execute('cli.js', asked, given(service(objects)));
    expect(JSON.parse(checked.stdout)).toMatchObject({ verdict: 'go' });

    const started = await startService(given(service(objects)));
    later(() => started.stop());
    const [, operations] =
      /"event":"listening.operations","url":"([^"]+)"/.exec(started.output()) ?? [];
    const { startupProbe, livenessProbe, readinessProbe } = containerOf(service(objects));
    const paths = [startupProbe, livenessProbe, readinessProbe].map((probe) => {
      expect(probe?.httpGet.port).toBe('operations');
      return probe?.httpGet.path ?? '';
    });
    const { endpoints } = one(objects, 'ServiceMonitor').spec;
    for (const path of [...paths, ...endpoints.map((each) => each.path)]) {
      const { status } = await fetch(`${operations}${path}`);
      expect({ path, status }).toEqual({ path, status: 200 });
    }
  });
});

it('finds what the published schemas do not take, and fields that there are not', async () => {
  const objects = objectsOf('production');
  const text = JSON.stringify(objects);
  const broken = (from: string, to: string) => {
    expect(text).toContain(from);
    return JSON.parse(text.replace(from, to)) as readonly Manifest[];
  };
  expect(await schemaFindings(broken('"livenessProbe"', '"livenesProbe"'))).toEqual([
    expect.stringContaining(`'"livenesProbe"' does not exist`),
  ]);
  expect(await schemaFindings(broken('"minReplicas":2', '"minReplicas":"2"'))).toContainEqual(
    expect.stringContaining('data/spec/minReplicas must be integer'),
  );
  expect(await schemaFindings(broken('"memory":"512Mi"', '"memory":"512 MB"'))).toContainEqual(
    expect.stringContaining('must match format "quantity"'),
  );
});

describe('deploy/helm/holdfast', () => {
  it('passes the lint of Helm', () => {
    expect(tool('helm', ['lint', '--strict', CHART])).toContain('0 chart(s) failed');
  });

  it('is, with the same values, what the production overlay is', () => {
    const [chart, overlay] = [objectsOf('chart'), objectsOf('production')].map(comparable);
    expect(chart).toEqual(overlay);
  });

  it.each([[['backup']], [['media']], [['backup', 'media']]])(
    'is what the overlay is with %s, too',
    async (components) => {
      const objects = charted([
        ...AS_PRODUCTION,
        'backup.image.repository=registry.example.com/holdfast-backup',
        ...components.map((name) => `${name}.enabled=true`),
      ]);
      expect(await schemaFindings(objects)).toEqual([]);
      const overlay = withComponents(temporaryFolder(), ...components);
      expect(comparable(objects)).toEqual(comparable(overlay));
    },
  );

  it('keeps what was backed up, and the photos, when it is uninstalled', () => {
    const claims = all(
      charted(['backup.enabled=true', 'media.enabled=true', 'backup.storage.className=slow']),
      'PersistentVolumeClaim',
    );
    expect(claims.map(({ metadata }) => [metadata.name, metadata.annotations])).toEqual([
      ['holdfast-backups', { 'helm.sh/resource-policy': 'keep' }],
      ['holdfast-media', { 'helm.sh/resource-policy': 'keep' }],
    ]);
    expect(claims[0]?.spec).toMatchObject({ storageClassName: 'slow' });
  });

  it('has a job of backups whose name Kubernetes takes, whatever the release is called', () => {
    const given = ['template', 'r'.repeat(53), CHART, '--set', 'backup.enabled=true'];
    const { metadata } = one(manifests(tool('helm', given)), 'CronJob');
    expect(metadata.name).toMatch(/^r{45}-backup$/);
  });

  it('follows what is set: names, the drain, and what is left out', () => {
    const objects = charted([
      'environment.SHUTDOWN_TIMEOUT_MS=60000',
      'environment.MAX_REQUESTS_PER_CALLER=1000000',
      'autoscaling.minReplicas=3',
      'networkPolicy.enabled=false',
      'migrate.enabled=false',
      'image.tag=1.2.3',
      'tolerations[0].operator=Exists',
    ]);
    expect(objects.map(({ kind }) => kind).toSorted()).toEqual([
      'Deployment',
      'HorizontalPodAutoscaler',
      'PodDisruptionBudget',
      'Service',
      'Service',
      'ServiceAccount',
    ]);
    const pod = service(objects);
    expect(pod.spec.terminationGracePeriodSeconds).toBe(65);
    expect(containerOf(pod).image).toBe('holdfast:1.2.3');
    expect(environmentOf(objects, pod)).toMatchObject({
      RATE_LIMIT_INSTANCES: '3',
      MAX_REQUESTS_PER_CALLER: '1000000',
    });
  });

  it.each([
    ['a secret in the open', 'environment.DATABASE_URL=postgresql://app@db/holdfast'],
    ['what the chart itself sets', 'environment.OPS_ACCESS=open'],
    ['a value that it does not have', 'replicaCount=3'],
    ['a value of another kind', 'autoscaling.minReplicas=two'],
    ['no backup to keep', 'backup.keep=0'],
  ])('refuses %s', (_, value) => {
    expect(() => charted([value])).toThrow(/values don't meet the specifications of the schema/);
  });

  it('refuses every secret in the open, and all that it sets', () => {
    const { propertyNames } = (
      JSON.parse(readFileSync(join(CHART, 'values.schema.json'), 'utf8')) as {
        readonly properties: { readonly environment: { readonly propertyNames: Names } };
      }
    ).properties.environment;
    const { environment } = parse(readFileSync(join(CHART, 'values.yaml'), 'utf8')) as {
      readonly environment: Readonly<Record<string, unknown>>;
    };
    const objects = charted([]);
    const set = Object.keys(environmentOf(objects, migrations(objects)));
    const fixed = set.filter((name) => !(name in environment));
    const expected = new Set([...SECRET_VARIABLES, ...fixed]);
    expect(propertyNames.not.enum).toEqual([...expected].toSorted());
  });
});

interface Names {
  readonly not: { readonly enum: readonly string[] };
}
