import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { eventually } from '../eventually.js';

/** Of a file by which readiness tries the place; photos of tests are larger. */
const PROBE_BYTES = 64;

/** Names of the files below a folder, sorted. */
export function filesBelow(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)))
    .toSorted();
}

/** As `filesBelow` but for the mark of the place, at a moment when none is being written or tried. */
export function settledFilesBelow(folder: string): Promise<readonly string[]> {
  return eventually(() => {
    const names = filesBelow(folder).filter((name) => !name.includes('0000-00-00'));
    const passing = names.filter(
      (name) => name.endsWith('.part') || statSync(join(folder, name)).size <= PROBE_BYTES,
    );
    if (passing.length > 0) throw new Error(`files are being written: ${passing.join(', ')}`);
    return names;
  });
}
