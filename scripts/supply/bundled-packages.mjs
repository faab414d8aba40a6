import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Written by the build: what its bundles are made of. */
export const BUNDLED_PACKAGES = fileURLToPath(new URL('../../dist/packages.json', import.meta.url));

/**
 * The folders of all packages of which something is in the bundles: modules that were left out are none.
 * @param {import('@rspack/core').Compilation} compilation
 * @param {string} root
 * @returns {readonly string[]} relative to the root
 */
export function bundledPackages(compilation, root) {
  const found = new Set();
  for (const chunk of compilation.chunks) {
    for (const module of compilation.chunkGraph.getChunkModules(chunk)) {
      for (const each of [module, ...(module.modules ?? [])]) {
        const file = each.resource?.split('?')[0];
        const folder = file && existsSync(file) ? packageOf(dirname(file)) : undefined;
        if (folder !== undefined) found.add(relative(root, folder));
      }
    }
  }
  found.delete('');
  return [...found].toSorted();
}

const folders = new Map();

/** The nearest folder above whose manifest has a name and a version: others only say of what kind their modules are. */
function packageOf(folder) {
  if (folders.has(folder)) return folders.get(folder);
  const file = join(folder, 'package.json');
  const manifest = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const found = manifest.name && manifest.version ? folder : packageOf(dirname(folder));
  folders.set(folder, found);
  return found;
}
