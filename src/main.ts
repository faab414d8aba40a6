import { configure } from './config/configure.js';
import { migratedStores } from './migrations/migrator.js';
import { registeredStores } from './stores/registry.js';
import { verifyDatabases } from './verification/startup-verification.js';
import { createLog } from './logging/log.js';
import { endOnFailure, endOnSignal, serve } from './serve.js';

async function main(): Promise<void> {
  endOnSignal();
  const settings = configure(process, registeredStores);
  const log = await createLog(settings.log);
  await endOnFailure(log, async () => {
    const stores = migratedStores(settings.stores);
    const proof = settings.requireProof ? await import('./proof/require-proof.js') : undefined;
    const pack = proof?.requireProof(settings, stores);
    await verifyDatabases(settings, stores, log);
    if (pack) await proof?.requireProvedDatabases(settings, pack);
    const { AppModule } = await import('./app.module.js');
    const { createApplication } = await import('./http/application.js');
    const module = await AppModule.register(settings, stores, log);
    await serve(await createApplication(module, settings, log), settings, log);
  });
}

void main();
