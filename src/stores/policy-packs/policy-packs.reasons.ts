import { answer, defineReasons } from '@holdfast/core/reasons';
import '../stores.reasons.js';

/** What the policy packs refuse. */
export const reasons = defineReasons({
  POLICY_PACKS_DISABLED: answer(
    404,
    'This part of the policy packs is turned off.',
    'Set DPM_POLICY_PACKS_ENABLED=true to ask for effective policies, DPM_POLICY_PACK_ADMIN_APIS_ENABLED=true to change the catalogue; either to read it.',
  ),
  POLICY_PACK_NOT_FOUND: answer(404, 'There is no such policy pack.', 'Check policy_pack_id.'),
  POLICY_PACK_TARGET_TAKEN: answer(
    409,
    'Another policy pack applies to that target.',
    'Change or delete the pack that has the target, or choose another target; see `errors`.',
  ),
  POLICY_PACK_CHANGED: answer(
    412,
    'The policy pack is not, or no longer, one that If-Match names.',
    'Read it again, decide anew, and send the ETag that it has then.',
  ),
  POLICY_PACK_EXISTS: answer(
    412,
    'The policy pack is one that If-None-Match rules out.',
    'Choose another policy_pack_id, or replace the pack with If-Match.',
  ),
  POLICY_DEFINITION_TOO_LARGE: answer(
    413,
    'The definition of the policy pack is too large.',
    'Keep the definition to 64 KiB.',
  ),
  PRECONDITION_REQUIRED: answer(
    428,
    'The request could undo a change that its sender has not seen.',
    'Send If-Match with the ETag that the resource had when it was read.',
  ),
});

type Reasons = typeof reasons;

declare module '@holdfast/core/reasons' {
  interface ReasonCatalogue extends Reasons {}
}

export { ReasonError } from '@holdfast/core/reasons';
