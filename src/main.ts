import { start, type StartContext } from '@holdfast/nest/start';
import { logRejectedCodeCache } from './code-cache.js';
import { asksForProof } from './proof/proof.variables.js';
import { service } from './service.js';

/** Loaded only where a proof pack is asked for. */
async function proofGate({ settings, stores }: StartContext) {
  if (!asksForProof(settings)) return undefined;
  const proof = await import('./proof/require-proof.js');
  const pack = proof.requireProof(settings, stores);
  return () => proof.requireProvedDatabases(settings, pack);
}

async function loadStores({ settings, log }: StartContext) {
  const { AppModule } = await import('./app.module.js');
  logRejectedCodeCache(log);
  return AppModule.register(settings);
}

void start(loadStores, { ...service, gate: proofGate });
