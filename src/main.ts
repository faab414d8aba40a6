import { configure } from '@holdfast/guard/configure';
import { registeredStores } from './stores/registry.js';
import { verifyDatabases } from '@holdfast/nest/verification/startup-verification';
import { createLog } from '@holdfast/core/log';
import { release } from './release.js';
import { endOnFailure, endOnSignal, serve } from '@holdfast/nest/serve';
import { migratedStores } from './stores/migrated-stores.js';

async function main(): Promise<void> {
  endOnSignal();
  const settings = configure(process, registeredStores);
  const log = await createLog(settings.log);
  await endOnFailure(log, async () => {
    const stores = migratedStores(settings.stores);
    const proof = settings.requireProof ? await import('./proof/require-proof.js') : undefined;
    const pack = proof?.requireProof(settings, stores);
    await verifyDatabases(settings, stores, release, log);
    if (pack) await proof?.requireProvedDatabases(settings, pack);
    const { AppModule } = await import('./app.module.js');
    const { createApplication } = await import('@holdfast/nest/http/application');
    const module = await AppModule.register(settings, stores, log);
    const app = await createApplication(module, settings, release, log);
    await serve(app, settings, release, log);
  });
}

void main();
