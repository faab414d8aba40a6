import { execFileSync } from 'node:child_process';
// This file runs outside the environment of the tests, which leads to the sources of the packages.
import '../../bench/support/typescript.mjs';

/** Builds what the end-to-end tests start, and starts PostgreSQL unless one is given. */
export default async function globalSetup() {
  execFileSync(process.execPath, ['scripts/build-when-needed.mjs'], { stdio: 'inherit' });
  if (process.env.TEST_DATABASE_URL) return;
  const { startCluster } = await import('@holdfast/testing/cluster');
  globalThis.testCluster = await startCluster();
  process.env.TEST_DATABASE_URL = globalThis.testCluster.url;
}
