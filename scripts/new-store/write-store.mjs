import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, getFileInfo, resolveConfig } from 'prettier';
import { renamed, spellings } from './names.mjs';

/** Lies as the project does: a file that is there in the project gets the text at its end. */
const template = fileURLToPath(new URL('template/', import.meta.url));

const REGISTRY = 'src/stores/registry.ts';

/** Writes the files of a store. @returns their paths */
export async function writeStore(root, { store, record }) {
  const names = [
    [spellings('sample_things'), store],
    [spellings('sample_thing'), record],
  ];
  const files = readdirSync(template, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const written = [];
  for (const file of files) {
    const path = renamed(file.slice(template.length), names);
    const target = join(root, path);
    const text = await formatted(target, renamed(readFileSync(file, 'utf8'), names));
    mkdirSync(dirname(target), { recursive: true });
    if (existsSync(target)) appendFileSync(target, `\n${text}`);
    else writeFileSync(target, text);
    written.push(path);
  }
  return written;
}

/** Puts the store last into the registry. @returns the path of what is changed */
export function registerStore(root, { store: { kebab, camel } }) {
  const file = join(root, REGISTRY);
  const text = readFileSync(file, 'utf8');
  const changed = text
    .replace(
      /(?=^import type )/m,
      `import { ${camel}Store } from './${kebab}/${kebab}.store.js';\n`,
    )
    .replace(/(?=^\];$)/m, `  ${camel}Store,\n`);
  writeFileSync(file, changed);
  return [REGISTRY];
}

/** Names of other lengths break lines elsewhere. */
async function formatted(file, text) {
  const { inferredParser } = await getFileInfo(file);
  if (inferredParser === null) return text;
  return format(text, { ...(await resolveConfig(file)), filepath: file });
}
