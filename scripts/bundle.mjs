/**
 * Bundles the service and its command program into dist/, as rspack.config.mjs says, with the list of packages
 * that are in the bundles, and with the licences that have to go where these go. `npm run build`
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rspack } from '@rspack/core';
import configuration from '../rspack.config.mjs';
import { BUNDLED_PACKAGES, bundledPackages } from './supply/bundled-packages.mjs';
import { THIRD_PARTY, thirdPartyText } from './supply/licences.mjs';
import { productionPackages } from './supply/production-packages.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const started = performance.now();
rspack(configuration).run((fault, result) => {
  if (fault) throw fault;
  if (result.hasErrors()) {
    process.stderr.write(`${result.toString({ all: false, errors: true, colors: false })}\n`);
    process.exitCode = 1;
    return;
  }
  const packages = bundledPackages(result.compilation, root);
  writeFileSync(BUNDLED_PACKAGES, `${JSON.stringify(packages, null, 2)}\n`);
  writeFileSync(THIRD_PARTY, thirdPartyText(root, productionPackages(root)));
  process.stdout.write(`bundled in ${Math.round(performance.now() - started)} ms\n`);
});
