import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXTERNALS } from '../release/externals.mjs';
import { folderOf, runtimeModules } from '../release/modules.mjs';
import { BUNDLED_PACKAGES } from './bundled-packages.mjs';

/**
 * Every package that runs in production: those of which something is in the bundles, though for npm most of
 * them are needed only to develop, and those that a release has beside its bundles.
 * @param {string} root
 */
export function productionPackages(root) {
  const bundled = JSON.parse(readFileSync(BUNDLED_PACKAGES, 'utf8'));
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const folders = [...new Set([...bundled, ...runtimeModules(root, EXTERNALS)])].toSorted();
  return folders.map((folder) => {
    const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const needs = Object.keys({
      ...manifest.dependencies,
      ...manifest.optionalDependencies,
      ...manifest.peerDependencies,
    });
    return {
      folder,
      name: manifest.name,
      version: manifest.version,
      licence: licenceOf(manifest),
      description: manifest.description,
      isBundled: bundled.includes(folder),
      isOwn: folder.startsWith('packages/'),
      integrity: lock.packages[folder]?.integrity,
      uses: needs
        .map((name) => folderOf(root, name, folder))
        .map((used) => (used?.startsWith('node_modules/@holdfast/') ? ownFolder(used) : used))
        .filter((used) => folders.includes(used)),
    };
  });
}

/** As the manifest has it: an SPDX expression, or an older form of one. */
function licenceOf({ license, licenses }) {
  if (typeof license === 'string') return license;
  return license?.type ?? licenses?.map(({ type }) => type).join(' OR ');
}

function ownFolder(installed) {
  return installed.replace('node_modules/@holdfast/', 'packages/');
}
