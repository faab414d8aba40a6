import { mkdirSync, writeFileSync } from 'node:fs';
import { transformFile } from '@swc/core';
import { judgeGroups, KINDS } from './mutation/group.mjs';
import { GROUPS } from './mutation/groups.mjs';

const names = process.argv.slice(2);
const unknown = names.filter((name) => !(name in GROUPS));
if (unknown.length > 0) {
  process.stderr.write(`${unknown.join(', ')}: one of ${Object.keys(GROUPS).join(', ')}\n`);
  process.exit(64);
}

const cluster = process.env.TEST_DATABASE_URL ? undefined : await startCluster();
process.env.TEST_DATABASE_URL ??= cluster.url;
try {
  const groups = names.length > 0 ? names : Object.keys(GROUPS);
  const lines = await Promise.all(Object.keys(KINDS).map((kind) => judgeGroups(kind, groups)));
  process.stdout.write(`\n${lines.flat().sort().join('\n')}\n`);
} finally {
  await cluster?.remove();
}

/** The server that the tests start, too. */
async function startCluster() {
  const { code } = await transformFile('test/support/postgres.ts', {
    jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
    module: { type: 'es6' },
  });
  mkdirSync('.mutation', { recursive: true });
  writeFileSync('.mutation/postgres.mjs', code);
  const support = await import('../.mutation/postgres.mjs');
  return support.startCluster();
}
