import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { format, getFileInfo, resolveConfig } from 'prettier';
import { templateFiles } from './template-files.mjs';

const REGISTRY = 'src/stores/registry.ts';

/** Writes the files of a store. @returns their paths */
export async function writeStore(root, names) {
  const written = [];
  for (const { path, text: unformatted } of templateFiles(names)) {
    const target = join(root, path);
    const text = await formatted(target, unformatted);
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
