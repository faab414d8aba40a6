import { refusal } from '@holdfast/guard/configure';
import { pointing } from '@holdfast/guard/violation-order';
import type { Settings } from '@holdfast/guard/settings';
import { violation } from '@holdfast/guard/violation';
import type { MigratedStore } from '@holdfast/migrate/migrator';
import { EXIT } from '@holdfast/core/reasons';
import { ReasonError } from './proof.reasons.js';
import { identitiesOf, situationOf } from './binding.js';
import { Masked } from './masked.js';
import { judgeBinding, judgeDatabases, judgePack, type Objection, readPack } from './judge-pack.js';
import type { PackDocument } from './pack.schema.js';

/**
 * The last rule of the guard, under PRODUCTION with REQUIRE_PROOF: refuses like the guard does, before
 * a port or a database is opened.
 */
export function requireProof(settings: Settings, stores: readonly MigratedStore[]): PackDocument {
  let objections: readonly Objection[];
  try {
    const pack = readPack(settings.requireProof ?? '');
    objections = [
      ...judgePack(pack, settings.proofKey, new Date()),
      ...judgeBinding(pack, situationOf(settings, stores), Masked.masker(settings.secrets)),
    ];
    if (objections.length === 0) return pack;
  } catch (error) {
    if (!(error instanceof ReasonError)) throw error;
    objections = [{ code: 'PROOF_MISSING', message: error.message }];
  }
  const violations = objections.map(({ code, message }) =>
    violation(code, 'REQUIRE_PROOF', message),
  );
  process.stderr.write(refusal(pointing(violations), settings.log.format === 'json'));
  process.exit(EXIT.configuration);
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
