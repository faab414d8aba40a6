import { start, type StartContext } from '@holdfast/nest/start';
import { asksForProof } from './proof/proof.variables.js';
import { service } from './service.js';

/** Loaded only where a proof pack is asked for. */
async function proofGate({ settings, stores }: StartContext) {
  if (!asksForProof(settings)) return undefined;
  const proof = await import('./proof/require-proof.js');
  const pack = proof.requireProof(settings, stores);
  return () => proof.requireProvedDatabases(settings, pack);
}

void start(async ({ settings }) => (await import('./app.module.js')).AppModule.register(settings), {
  ...service,
  gate: proofGate,
});
