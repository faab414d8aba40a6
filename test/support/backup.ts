import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest } from '../../src/backup/manifest.js';

/** Folders that have the name of a backup. */
export function backupsIn(out: string): readonly string[] {
  if (!existsSync(out)) return [];
  return readdirSync(out)
    .filter((name) => /^holdfast-\d{8}T\d{9}Z-\w+$/.test(name))
    .toSorted()
    .map((name) => join(out, name));
}

/** What runs have left that did not come to their end. */
export function leftoversIn(out: string): readonly string[] {
  return readdirSync(out).filter((name) => name.includes('.part'));
}

export function manifestIn(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Manifest;
}

/** Looks at every byte, without the code that has written them. */
export function isWhole(folder: string): boolean {
  const { files, databases } = manifestIn(folder);
  return (
    databases.length > 0 &&
    files.every(({ name, bytes, sha256 }) => {
      const content = readFileSync(join(folder, name));
      return (
        content.length === bytes && createHash('sha256').update(content).digest('hex') === sha256
      );
    })
  );
}
