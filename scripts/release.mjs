/**
 * Puts what a release is made of into an empty folder: the bundles, the migrations, the runbook, and the few modules that
 * are not in the bundles, with the bill of materials. It runs there by `node dist/main.js` and needs no `npm ci`.
 *
 *   npm run build && node scripts/release.mjs FOLDER
 */
import { chmodSync, cpSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXTERNALS } from './release/externals.mjs';
import { isRuntimeFile, runtimeModules } from './release/modules.mjs';
import { billOfMaterials } from './supply/sbom.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const [folder] = process.argv.slice(2);
if (!folder || (existsSync(folder) && readdirSync(folder).length > 0)) {
  process.stderr.write('usage: node scripts/release.mjs FOLDER, which is empty or not there\n');
  process.exit(64);
}

const parts = [
  ...['dist', 'migrations', 'docs/RUNBOOK.md', 'package.json', 'LICENSE'],
  ...runtimeModules(root, EXTERNALS),
];
for (const part of parts) {
  cpSync(join(root, part), join(folder, part), { recursive: true, filter: isRuntimeFile });
}
writeFileSync(join(folder, 'sbom.json'), `${billOfMaterials(root)}\n`);
chmodSync(join(folder, 'dist', 'cli.js'), 0o755);
