import { execFileSync } from 'node:child_process';
import { type Cluster, startCluster } from './postgres.ts';

declare global {
  var testCluster: Cluster | undefined;
}

/** Builds what the end-to-end tests start, and starts PostgreSQL unless one is given. */
export default async function globalSetup(): Promise<void> {
  execFileSync(process.execPath, ['scripts/build-when-needed.mjs'], { stdio: 'inherit' });
  if (process.env.TEST_DATABASE_URL) return;
  globalThis.testCluster = await startCluster();
  process.env.TEST_DATABASE_URL = globalThis.testCluster.url;
}
