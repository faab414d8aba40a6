import { EXIT } from '../reasons.js';
import { migratedStores } from '../migrations/migrator.js';
import { identitiesOf, situationOf } from '../proof/binding.js';
import { judgeBinding, judgeDatabases, judgePack, readPack } from '../proof/judge-pack.js';
import type { CommandContext, Report } from './command.js';

/** `holdfast proof verify FILE`. @throws PROOF_MISSING */
export async function verify({ settings }: CommandContext, file: string): Promise<Report> {
  const pack = readPack(file);
  const objections = [
    ...judgePack(pack, settings.proofKey, new Date()),
    ...judgeBinding(pack, situationOf(settings, migratedStores(settings.stores))),
    ...judgeDatabases(pack, await identitiesOf(settings)),
  ];
  const isValid = objections.length === 0;
  const lines = isValid
    ? [`valid until ${pack.expires_at}`]
    : objections.map(({ code, message }) => `${code}: ${message}`);
  return {
    text: `${lines.join('\n')}\n`,
    document: { valid: isValid, expires_at: pack.expires_at, objections },
    exitCode: isValid ? EXIT.ok : EXIT.failed,
  };
}
