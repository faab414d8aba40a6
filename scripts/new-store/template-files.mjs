import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { renamed, spellings } from './names.mjs';

/** Lies as the project does: a file that is there in the project gets the text at its end. */
const template = fileURLToPath(new URL('template/', import.meta.url));

/** The one file that is there already. */
export const RUNBOOK = 'docs/RUNBOOK.md';

/** The files of a store, not yet formatted: paths in the project, and texts. */
export function templateFiles({ store, record }) {
  const names = [
    [spellings('sample_things'), store],
    [spellings('sample_thing'), record],
  ];
  return readdirSync(template, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((file) => ({
      path: renamed(file.slice(template.length), names),
      text: renamed(readFileSync(file, 'utf8'), names),
    }));
}
