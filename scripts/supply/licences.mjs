import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Written by the build: the licences of what is in the bundles and beside them. */
export const THIRD_PARTY = fileURLToPath(new URL('../../dist/THIRD-PARTY.txt', import.meta.url));

/** What may be passed on in a product of any licence, with its text: each as manifests write it. */
export const ALLOWED = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
];

/**
 * What is beside the bundles as a shared library of its own, unchanged, which whoever has a release can replace: that is
 * how its licence lets it be passed on, with its text.
 */
const SHARED_LIBRARIES = {
  name: /^@img\/sharp-libvips-/,
  licence: 'LGPL-3.0-or-later',
  texts: ['lgpl-3.0.txt', 'gpl-3.0.txt'],
};

/** Those whose licence nobody has allowed; one that says none is among them. */
export function refusedPackages(packages, allowed) {
  return packages.filter((each) => !allowed.includes(each.licence) && !isSharedLibrary(each));
}

function isSharedLibrary({ name, licence, isBundled }) {
  return !isBundled && SHARED_LIBRARIES.name.test(name) && licence === SHARED_LIBRARIES.licence;
}

/**
 * What a release has to say of the others that are in it.
 * @param {string} root
 */
export function thirdPartyText(root, packages) {
  return packages
    .filter(({ isOwn }) => !isOwn)
    .map((each) => `${titleOf(each)}\n\n${textOf(join(root, each.folder), each)}\n`)
    .join(`\n${'-'.repeat(80)}\n\n`);
}

export function titleOf({ name, version, licence = 'no licence' }) {
  return `${name} ${version} (${licence})`;
}

/** Of a package its licence and notices, as it brings them; of a shared library what is in it, and the texts of its licence. */
function textOf(folder, described) {
  if (isSharedLibrary(described)) {
    const texts = SHARED_LIBRARIES.texts.map((file) => new URL(`texts/${file}`, import.meta.url));
    return [join(folder, 'README.md'), ...texts]
      .map((file) => readFileSync(file, 'utf8').trim())
      .join('\n\n');
  }
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)\b/i.test(file));
  if (files.length === 0) return 'It brings no text of its licence along.';
  return files
    .toSorted()
    .map((file) => readFileSync(join(folder, file), 'utf8').trim())
    .join('\n\n');
}
