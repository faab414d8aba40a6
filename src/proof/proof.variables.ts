import type { Settings } from '@holdfast/guard/settings';
import { valuesOf } from '@holdfast/guard/values-of';
import { secret, text } from '@holdfast/guard/variable';

/** The pack that a start asks for, and the key of packs. */
export const proofVariables = {
  REQUIRE_PROOF: text(
    'file of the proof pack (proof.json) without which PRODUCTION does not start',
    { productionOnly: true },
  ),
  PROOF_KEY: secret('key that proof packs are signed with, and have to be signed with', 16),
};

/** Whether the process has to have a proof pack: under PRODUCTION alone. */
export function asksForProof(settings: Pick<Settings, 'profile' | 'variables'>): boolean {
  const { REQUIRE_PROOF } = valuesOf(settings, proofVariables);
  return settings.profile === 'PRODUCTION' && REQUIRE_PROOF !== undefined;
}
