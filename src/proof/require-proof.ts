import { refusal } from '@holdfast/guard/configure';
import { pointing } from '@holdfast/guard/violation-order';
import type { Settings } from '@holdfast/guard/settings';
import { valuesOf } from '@holdfast/guard/values-of';
import { violation } from '@holdfast/guard/violation';
import type { MigratedStore } from '@holdfast/migrate/migrator';
import { EXIT } from '@holdfast/core/reasons';
import { ReasonError } from './proof.reasons.js';
import { identitiesOf, situationOf } from './binding.js';
import { Masked } from './masked.js';
import { judgeBinding, judgeDatabases, judgePack, type Objection, readPack } from './judge-pack.js';
import type { PackDocument } from './pack.schema.js';
import { proofVariables } from './proof.variables.js';
import { service } from '../service.js';

/**
 * The last rule of the guard, under PRODUCTION with REQUIRE_PROOF: refuses like the guard does, before
 * a port or a database is opened.
 */
export function requireProof(settings: Settings, stores: readonly MigratedStore[]): PackDocument {
  const judged = judgeProof(settings, stores);
  if ('pack' in judged) return judged.pack;
  const violations = judged.objections.map(({ code, message }) =>
    violation(code, 'REQUIRE_PROOF', message),
  );
  process.stderr.write(refusal(pointing(violations), service, settings.log.format === 'json'));
  process.exit(EXIT.configuration);
}

/** The pack that REQUIRE_PROOF names, or all that speaks against it before a database is asked. */
export function judgeProof(
  settings: Settings,
  stores: readonly MigratedStore[],
): { readonly pack: PackDocument } | { readonly objections: readonly Objection[] } {
  try {
    const { REQUIRE_PROOF, PROOF_KEY } = valuesOf(settings, proofVariables);
    const pack = readPack(REQUIRE_PROOF ?? '');
    const objections = [
      ...judgePack(pack, PROOF_KEY, new Date()),
      ...judgeBinding(pack, situationOf(settings, stores), Masked.masker(settings.secrets)),
    ];
    return objections.length === 0 ? { pack } : { objections };
  } catch (error) {
    if (!(error instanceof ReasonError) || error.code !== 'PROOF_MISSING') throw error;
    return { objections: [{ code: error.code, message: error.message }] };
  }
}

/**
 * Once the databases have been verified, and before the port opens.
 * @throws PROOF_MISMATCH
 */
export async function requireProvedDatabases(
  settings: Settings,
  pack: PackDocument,
): Promise<void> {
  const [objection] = judgeDatabases(
    pack,
    await identitiesOf(settings),
    Masked.masker(settings.secrets),
  );
  if (objection) throw new ReasonError('PROOF_MISMATCH', { detail: objection.message });
}
