// Writes migrations/<store>/statements.json: what the stores send to PostgreSQL while their contract runs. With
// --check it writes nothing, and fails when a file is stale.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
    const file = join(root, 'migrations', store, 'statements.json');
    const recorded = readFileSync(join(folder, store, 'statements.json'), 'utf8');
    const text = await format(recorded, { ...(await resolveConfig(file)), filepath: file });
    if (isCheck && contentOf(file) !== text) stale.push(differences(store, file, recorded));
    if (!isCheck) writeFileSync(file, text);
  }
  if (stale.length === 0) return;
  process.stderr.write(`${stale.join('\n')}\nRun npm run statements.\n`);
  process.exitCode = 1;
}

function differences(store, file, recorded) {
  const known = JSON.parse(contentOf(file) ?? '[]');
  const sent = JSON.parse(recorded);
  const unknown = sent.filter((text) => !known.includes(text));
  const unsent = known.filter((text) => !sent.includes(text));
  return [
    `migrations/${store}/statements.json is stale:`,
    ...unknown.map((text) => `  sent, and not in it: ${text}`),
    ...unsent.map((text) => `  in it, and not sent: ${text}`),
  ].join('\n');
}

function contentOf(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
