import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatCredentials } from '@holdfast/guard/credentials/credentials';
import { newSecretKeyLine } from '@holdfast/guard/secrets/secret-keys';
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
  // Others may enter: what they can read is up to the files.
  chmodSync(folder, 0o755);
  const fileOf = (name: string, text: string, mode: number) => {
    writeFileSync(join(folder, name), text);
    chmodSync(join(folder, name), mode);
    return join(folder, name);
  };
  return {
    keys: fileOf('keys', newSecretKeyLine('key'), 0o600),
    exposedKeys: fileOf('exposed', newSecretKeyLine('key'), 0o644),
    brokenKeys: fileOf('broken', 'no key', 0o600),
    operators: fileOf('operators', formatCredentials([]), 0o600),
    noGo: file,
    expired: forge(join(folder, 'expired.json'), pack, expired),
    ofAnotherCommit: forge(join(folder, 'other.json'), pack, other),
  };
}
