import type { Settings } from '@holdfast/guard/settings';
import { valuesOf } from '@holdfast/guard/values-of';
import { EXIT } from '@holdfast/core/reasons';
import { ReasonError } from '../reasons.js';
import { identitiesOf, situationOf } from '../proof/binding.js';
import {
  judgeBinding,
  judgeDatabases,
  judgePack,
  type Objection,
  readPack,
} from '../proof/judge-pack.js';
import { Masked } from '../proof/masked.js';
import type { PackDocument } from '../proof/pack.schema.js';
import type { CommandContext } from '@holdfast/postgres/command/run-guarded';
import type { Report } from '@holdfast/guard/command/report';
import { proofVariables } from '../proof/proof.variables.js';
import { migratedStores } from '../service.js';

/** `holdfast proof verify FILE`: a file that is no pack is an answer about it, as any other no is. */
export async function verify({ settings }: CommandContext, file: string): Promise<Report> {
  const pack = packIn(file);
  const objections = 'code' in pack ? [pack] : await judge(pack, settings);
  const expiresAt = 'code' in pack ? null : pack.expires_at;
  const isValid = objections.length === 0;
  const lines = isValid
    ? [`valid until ${expiresAt}`]
    : objections.map(({ code, message }) => `${code}: ${message}`);
  return {
    text: `${lines.join('\n')}\n`,
    document: { valid: isValid, expires_at: expiresAt, objections },
    exitCode: isValid ? EXIT.ok : EXIT.failed,
  };
}

function packIn(file: string): PackDocument | Objection {
  try {
    return readPack(file);
  } catch (error) {
    if (!(error instanceof ReasonError)) throw error;
    return { code: 'PROOF_MISSING', message: error.message };
  }
}

async function judge(pack: PackDocument, settings: Settings): Promise<readonly Objection[]> {
  const mask = Masked.masker(settings.secrets);
  return [
    ...judgePack(pack, valuesOf(settings, proofVariables).PROOF_KEY, new Date()),
    ...judgeBinding(pack, situationOf(settings, migratedStores(settings.stores)), mask),
    ...judgeDatabases(pack, await identitiesOf(settings), mask),
  ];
}
