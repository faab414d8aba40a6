// Writes migrations/<store>/statements.json: what the stores send to PostgreSQL while their contract runs and their routes
// are asked; and routes.json beside it: which route sends what. With --check it writes nothing, and fails when a file is stale.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

const root = fileURLToPath(new URL('..', import.meta.url));
const isCheck = process.argv.includes('--check');
const folder = mkdtempSync(join(tmpdir(), 'holdfast-statements-'));
try {
  const jest = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js'];
  const tests = ['--selectProjects', 'long', 'node', '--ci', '-t', '', 'test/contract'];
  const { status } = spawnSync(process.execPath, [...jest, ...tests], {
    cwd: root,
    env: { ...process.env, RECORD_STATEMENTS: folder },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status === 0) await compare();
  else process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function compare() {
  const stale = [];
  for (const store of readdirSync(folder)) {
    for (const name of readdirSync(join(folder, store))) {
      const file = join(root, 'migrations', store, name);
      const recorded = readFileSync(join(folder, store, name), 'utf8');
      const text = await format(recorded, { ...(await resolveConfig(file)), filepath: file });
      if (isCheck && contentOf(file) !== text) stale.push(differences(file, recorded));
      if (!isCheck) writeFileSync(file, text);
    }
  }
  if (stale.length === 0) return;
  process.stderr.write(`${stale.join('\n')}\nRun npm run statements.\n`);
  process.exitCode = 1;
}

function differences(file, recorded) {
  const known = linesOf(contentOf(file) ?? '[]');
  const sent = linesOf(recorded);
  const unknown = sent.filter((line) => !known.includes(line));
  const unsent = known.filter((line) => !sent.includes(line));
  return [
    `${relative(root, file)} is stale:`,
    ...unknown.map((line) => `  sent, and not in it: ${line}`),
    ...unsent.map((line) => `  in it, and not sent: ${line}`),
  ].join('\n');
}

/** Of a list its texts; of an object its keys, each with its texts. */
function linesOf(json) {
  const recorded = JSON.parse(json);
  if (Array.isArray(recorded)) return recorded;
  return Object.entries(recorded).flatMap(([route, keys]) => keys.map((key) => `${route}: ${key}`));
}

function contentOf(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
