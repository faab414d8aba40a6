import { identitiesOf } from './binding.js';
import { judgeDatabases } from './judge-pack.js';
import { Masked } from './masked.js';
import { judgeProof } from './require-proof.js';
import { EXIT } from '@holdfast/core/reasons';
import type { Chain, ReportFinding } from '@holdfast/nest/cutover/chain';
import type { CheckContext } from '@holdfast/nest/cutover/context';
import { failed, passed } from '@holdfast/nest/cutover/finding';

/**
 * Whether the service would start with the pack that REQUIRE_PROOF names: judged as the start does.
 * @param asks also whether it is about these databases
 */
export function proofChain({ settings, stores }: CheckContext, asks: boolean): Chain {
  return {
    names: ['proof'],
    run: async (tell) => {
      const judged = judgeProof(settings, stores());
      if ('objections' in judged) {
        refuse(tell, judged.objections);
        return;
      }
      const { pack } = judged;
      const [objection] = asks
        ? judgeDatabases(pack, await identitiesOf(settings), Masked.masker(settings.secrets))
        : [];
      if (objection) refuse(tell, [objection]);
      else tell('proof', passed(`go, valid until ${pack.expires_at}`));
    },
  };
}

/** The start ends with 78 as for any other variable. */
function refuse(
  tell: ReportFinding,
  objections: readonly { code: string; message: string }[],
): void {
  const [first] = objections;
  if (!first) throw new TypeError('a pack is refused for a reason');
  const detail = `REQUIRE_PROOF: ${objections.map(({ message }) => message).join('; ')}`;
  tell('proof', { ...failed(first.code, detail), exit: EXIT.configuration });
}
