import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { forge, proof } from '../support/proof.js';
import { type Packs, production } from './negative-cases.js';

/** Nothing answers, so that the real pack is no-go; the others are made of it. */
export async function makePacks(atEnd: (undo: () => unknown) => void): Promise<Packs> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-smoke-'));
  atEnd(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const { file, pack } = await proof(production('any'), folder, ['--url', 'http://127.0.0.1:1']);
  const steps = pack.steps.map((step) => ({ ...step, verdict: 'go' as const }));
  const go = { verdict: 'go' as const, steps };
  const expired = { ...go, expires_at: pack.generated_at };
  const other = { ...go, binding: { ...pack.binding, commit: '0'.repeat(40) } };
  return {
    noGo: file,
    expired: forge(join(folder, 'expired.json'), pack, expired),
    ofAnotherCommit: forge(join(folder, 'other.json'), pack, other),
  };
}
