/**
 * Lists what runs in production with its licence, and ends with 1 where one is not allowed.
 *
 *   npm run -s licences [-- LICENCE…]      (those of scripts/supply/licences.mjs)
 */
import { fileURLToPath } from 'node:url';
import { ALLOWED, refusedPackages, titleOf } from './supply/licences.mjs';
import { productionPackages } from './supply/production-packages.mjs';

const given = process.argv.slice(2);
const packages = productionPackages(fileURLToPath(new URL('../', import.meta.url)));
for (const each of packages) process.stdout.write(`${titleOf(each)}\n`);
const refused = refusedPackages(packages, given.length > 0 ? given : ALLOWED);
if (refused.length > 0) {
  process.stderr.write(`not allowed: ${refused.map(titleOf).join(', ')}\n`);
  process.exitCode = 1;
}
