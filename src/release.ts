import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Filled in by the bundler. */
declare const BUILD_COMMIT: string | null | undefined;

interface Manifest {
  readonly name: string;
  readonly version: string;
}

/** Folder of `package.json` and `migrations`, above this file both in `src/` and in `dist/`. */
export const root = findRoot(import.meta.dirname);

/** What runs: shown by `GET /version` and written into the migration ledger. */
export const release = {
  ...readManifest(root),
  /** Commit the build was made from; null when that is not known. */
  commit: typeof BUILD_COMMIT === 'undefined' ? null : BUILD_COMMIT,
  node: process.version,
} as const;

function findRoot(folder: string): string {
  const holds = (name: string) => existsSync(join(folder, name));
  if (holds('package.json') && holds('migrations')) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error('the migrations are missing from this installation');
  return findRoot(parent);
}

function readManifest(folder: string): Manifest {
  const { name, version } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  ) as Manifest;
  return { name, version };
}
