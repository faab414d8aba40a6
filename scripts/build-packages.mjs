// Compiles what of each package is published into its dist/, from the bottom up. `npm run build:packages`
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { LAYERS } from '../.dependency-cruiser.mjs';

const cwd = fileURLToPath(new URL('..', import.meta.url));

for (const name of LAYERS) {
  process.stderr.write(`packages/${name}\n`);
  rmSync(`${cwd}/packages/${name}/dist`, { recursive: true, force: true });
  execFileSync('npx', ['tsc', '-p', `packages/${name}/tsconfig.build.json`], {
    cwd,
    stdio: 'inherit',
  });
}
