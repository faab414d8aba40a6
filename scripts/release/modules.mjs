import { createRequire } from 'node:module';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the bundles' modules name as dependencies, but use at their installation alone. */
const NOT_AT_RUN_TIME = ['prebuild-install', '@scarf/scarf'];

/**
 * The folders of these packages and of all that they depend on, as they are installed.
 * @param {string} root folder with node_modules
 * @param {readonly string[]} names
 * @returns {readonly string[]} relative to the root
 */
export function runtimeModules(root, names) {
  const found = new Set();
  const visit = (name, from) => {
    const folder = folderOf(root, name, from);
    if (!folder) throw new Error(`${name} is not installed: run npm ci`);
    if (found.has(folder)) return;
    found.add(folder);
    const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    for (const dependency of Object.keys(manifest.dependencies ?? {})) {
      if (!NOT_AT_RUN_TIME.includes(dependency)) visit(dependency, folder);
    }
    // What is compiled for each system: npm has installed that of this one.
    for (const dependency of Object.keys(manifest.optionalDependencies ?? {})) {
      if (folderOf(root, dependency, folder)) visit(dependency, folder);
    }
  };
  for (const name of names) visit(name, '');
  return [...found].toSorted();
}

/** As Node finds it: next to who asks, or further up; undefined where it is not installed. */
export function folderOf(root, name, from) {
  const paths = createRequire(join(root, from, 'package.json')).resolve.paths(name) ?? [];
  const folders = paths.filter((path) => path.startsWith(root)).map((path) => join(path, name));
  return folders.find((each) => existsSync(join(each, 'package.json')))?.slice(root.length);
}

/** What a package holds beside what runs: sources, objects of the compiler, maps. */
export function isRuntimeFile(path) {
  return !/\/better-sqlite3\/(deps|src|build\/(?!Release(\/better_sqlite3\.node)?$))|\/sharp\/(src|install)(\/|$)|\.map$/.test(
    path,
  );
}
