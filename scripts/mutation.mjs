import { startCluster } from '@holdfast/testing/cluster';
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
