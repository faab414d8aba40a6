import { start, type StartContext } from '@holdfast/nest/start';
import { migrationsFolder, release } from './release.js';
import { neededTables } from './stores/needed-tables.js';
import { registeredStores } from './stores/registry.js';

/** Loaded only where a proof pack is asked for. */
async function proofGate({ settings, stores }: StartContext) {
  if (!settings.requireProof) return undefined;
  const proof = await import('./proof/require-proof.js');
  const pack = proof.requireProof(settings, stores);
  return () => proof.requireProvedDatabases(settings, pack);
}

void start(async ({ settings }) => (await import('./app.module.js')).AppModule.register(settings), {
  stores: registeredStores,
  release,
  migrations: migrationsFolder,
  needs: neededTables,
  gate: proofGate,
});
