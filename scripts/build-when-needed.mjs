import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const built = ['service.cjs.cache', 'command.cjs.cache'].map((file) => join(root, 'dist', file));
const inputs = [
  'src',
  'packages',
  'launch',
  'package.json',
  'rspack.config.mjs',
  'scripts/bundle.mjs',
  'scripts/release/externals.mjs',
  'scripts/supply',
];

/** Newest change in milliseconds below a path. */
function changedAt(path) {
  const own = statSync(path);
  if (!own.isDirectory()) return own.mtimeMs;
  return Math.max(own.mtimeMs, ...readdirSync(path).map((entry) => changedAt(join(path, entry))));
}

const stale =
  !built.every(existsSync) ||
  Math.max(...inputs.map((input) => changedAt(join(root, input)))) >
    Math.min(...built.map((file) => statSync(file).mtimeMs));

if (stale) {
  process.stderr.write('Building…\n');
  execFileSync('npm', ['run', 'build', '--silent'], { cwd: root, stdio: ['ignore', 2, 2] });
}
