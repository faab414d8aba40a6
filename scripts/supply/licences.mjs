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

/** Those whose licence nobody has allowed; one that says none is among them. */
export function refusedPackages(packages, allowed) {
  return packages.filter(({ licence }) => !allowed.includes(licence));
}

/**
 * What a release has to say of the others that are in it.
 * @param {string} root
 */
export function thirdPartyText(root, packages) {
  return packages
    .filter(({ isOwn }) => !isOwn)
    .map((each) => `${titleOf(each)}\n\n${textOf(join(root, each.folder))}\n`)
    .join(`\n${'-'.repeat(80)}\n\n`);
}

export function titleOf({ name, version, licence = 'no licence' }) {
  return `${name} ${version} (${licence})`;
}

/** Of a package its licence and notices, as it brings them. */
function textOf(folder) {
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)\b/i.test(file));
  if (files.length === 0) return 'It brings no text of its licence along.';
  return files
    .toSorted()
    .map((file) => readFileSync(join(folder, file), 'utf8').trim())
    .join('\n\n');
}
