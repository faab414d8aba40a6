import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Names of the files below a folder, sorted. */
export function filesBelow(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .toSorted();
}
