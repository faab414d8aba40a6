import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Release } from '@holdfast/core/release';

/** Filled in by the bundler. */
declare const BUILD_COMMIT: string | null | undefined;

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly author?: string;
}

const found = findRoot(import.meta.dirname);

/**
 * Folder of the manifest, above this file both in `src/` and in `dist/`, whose own `package.json` has no
 * name.
 */
export const { root } = found;

/** Not looked for, so that its absence can be told. */
export const migrationsFolder = join(root, 'migrations');

export const release: Release = {
  ...found.manifest,
  commit: typeof BUILD_COMMIT === 'undefined' ? null : BUILD_COMMIT,
  node: process.version,
  runbook: join(root, 'docs', 'RUNBOOK.md'),
};

function findRoot(folder: string): { readonly root: string; readonly manifest: Manifest } {
  const file = join(folder, 'package.json');
  const manifest = existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as Partial<Manifest>)
    : {};
  const { name, version, license, author } = manifest;
  if (name !== undefined && version !== undefined) {
    const known = {
      name,
      version,
      ...(license !== undefined && { license }),
      ...(author !== undefined && { author }),
    };
    return { root: folder, manifest: known };
  }
  const parent = dirname(folder);
  if (parent === folder) throw new Error('package.json is missing from this installation');
  return findRoot(parent);
}
