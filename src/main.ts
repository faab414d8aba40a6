import { configure } from './config/configure.js';
import { migratedStores } from './migrations/migrator.js';
import { verifyDatabases } from './verification/startup-verification.js';
import { createLog } from './logging/log.js';
import { endOnFailure, endOnSignal, serve } from './serve.js';

async function main(): Promise<void> {
  endOnSignal();
  const settings = configure(process);
  const log = await createLog(settings.log);
  await endOnFailure(log, async () => {
    const stores = migratedStores(settings.stores);
    const proof = settings.requireProof ? await import('./proof/require-proof.js') : undefined;
    const pack = proof?.requireProof(settings, stores);
    await verifyDatabases(settings, stores, log);
    if (pack) await proof?.requireProvedDatabases(settings, pack);
    const { createApplication } = await import('./http/application.js');
    await serve(await createApplication(settings, stores, log), settings, log);
  });
}

void main();
