import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import {
  containerOf,
  environmentOf,
  kustomized,
  type Manifest,
  type PodTemplate,
} from './kubernetes.js';

const OVERLAY = 'deploy/kubernetes/overlays/production';

/** What its README says that is added to `images` for the backups. */
const BACKUP_IMAGE = `
  - name: holdfast-backup
    newName: registry.example.com/holdfast-backup
    newTag: 0.1.0`;

/** The production overlay with components more, as its README says. @param folder that is empty */
export function withComponents(folder: string, ...names: readonly string[]): readonly Manifest[] {
  const text = readFileSync(join(OVERLAY, 'kustomization.yaml'), 'utf8');
  const lines = names.map((name) => `\n  - ../../components/${name}`).join('');
  const added = text
    .replace(/^components:$/m, `$&${lines}`)
    .replace(/^images:$/m, `$&${BACKUP_IMAGE}`);
  if (!added.includes(lines) || !added.includes(BACKUP_IMAGE))
    throw new Error(`${OVERLAY} has no components or no images`);
  const kubernetes = relative(folder, resolve(OVERLAY, '../..'));
  writeFileSync(join(folder, 'kustomization.yaml'), added.replaceAll('../../', `${kubernetes}/`));
  cpSync(join(OVERLAY, 'namespace.yaml'), join(folder, 'namespace.yaml'));
  return kustomized(folder);
}

/** An object without what is the way of one of the two: who made it, in which order, and how variables are handed over. */
export function comparable(objects: readonly Manifest[]) {
  return objects
    .filter(({ kind }) => !['Namespace', 'ConfigMap'].includes(kind))
    .map((object) => {
      const { name, labels = {} } = object.metadata;
      const own = Object.entries(labels).filter(
        ([label]) => label !== 'helm.sh/chart' && !/\/(version|managed-by)$/.test(label),
      );
      return {
        ...object,
        metadata: { name, labels: Object.fromEntries(own) },
        spec: withEnvironment(objects, object.spec),
      };
    })
    .toSorted((a, b) => idOf(a).localeCompare(idOf(b)));
}

function idOf({ kind, metadata }: Manifest): string {
  return `${kind} ${metadata.name}`;
}

function withEnvironment(objects: readonly Manifest[], spec: unknown): unknown {
  const { template, jobTemplate } = (spec ?? {}) as {
    readonly template?: PodTemplate;
    readonly jobTemplate?: { readonly spec: object };
  };
  if (jobTemplate) {
    const inner = withEnvironment(objects, jobTemplate.spec);
    return { ...(spec as object), jobTemplate: { ...jobTemplate, spec: inner } };
  }
  if (!template) return spec;
  const { envFrom: _from, ...container } = containerOf(template);
  const env = environmentOf(objects, template);
  // What it is unless given.
  const containers = [{ imagePullPolicy: 'IfNotPresent', ...container, env }];
  return { ...(spec as object), template: { ...template, spec: { ...template.spec, containers } } };
}
