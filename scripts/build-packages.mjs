// Compiles what of each package is published into its dist/, from the bottom up, where something has changed.
// `npm run build:packages`
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { LAYERS } from '../.dependency-cruiser.mjs';

const cwd = fileURLToPath(new URL('..', import.meta.url));

/** The compiler leaves what it once made of a file that is gone: then all is made again. */
function hasLeftovers(folder) {
  if (!existsSync(`${folder}/dist`)) return false;
  const made = readdirSync(`${folder}/dist`, { recursive: true, encoding: 'utf8' });
  return made
    .filter((file) => file.endsWith('.js'))
    .some((file) => !existsSync(`${folder}/src/${file.replace(/\.js$/, '.ts')}`));
}

for (const name of LAYERS) {
  const folder = `${cwd}/packages/${name}`;
  if (hasLeftovers(folder)) rmSync(`${folder}/dist`, { recursive: true });
}
const projects = LAYERS.map((name) => `packages/${name}/tsconfig.build.json`);
execFileSync('npx', ['tsc', '--build', '--verbose', ...projects], { cwd, stdio: 'inherit' });
