// A PostgreSQL server that lives as long as its standard input is open: it goes away with the bench
// that started it, even when that one is killed. Prints the connection string of its superuser.
// Run with `--import ./typescript.mjs`.

import { tmpdir } from 'node:os';
import { startCluster } from '@holdfast/testing/cluster';

const closed = new Promise((resolve) => process.stdin.resume().on('close', resolve));
// On a disk: what a commit costs is measured, too.
const cluster = await startCluster(tmpdir());
try {
  console.log(cluster.url);
  await closed;
} finally {
  await cluster.remove();
}
process.exit(0);
