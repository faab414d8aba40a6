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

/** Goes into no bundle; where a package is published from, and its tests. */
const UNBUNDLED = ['dist', 'test', 'node_modules'];

/** Newest change in milliseconds of the files below a path. */
function changedAt(path) {
  const own = statSync(path);
  if (!own.isDirectory()) return own.mtimeMs;
  const entries = readdirSync(path).filter((entry) => !UNBUNDLED.includes(entry));
  // A folder tells of a file that was taken away; that of a package also of its `dist`.
  const folder = existsSync(join(path, 'package.json')) ? 0 : own.mtimeMs;
  return Math.max(folder, ...entries.map((entry) => changedAt(join(path, entry))));
}

const stale =
  !built.every(existsSync) ||
  Math.max(...inputs.map((input) => changedAt(join(root, input)))) >
    Math.min(...built.map((file) => statSync(file).mtimeMs));

if (stale) {
  process.stderr.write('Building…\n');
  execFileSync('npm', ['run', 'build', '--silent'], { cwd: root, stdio: ['ignore', 2, 2] });
}
