import { flag } from '@holdfast/guard/variable';

/** Readers may ask which policies are effective; administrators may change the catalogue. */
export const policyPacksVariables = {
  DPM_POLICY_PACKS_ENABLED: flag(false, 'turns the policy packs on'),
  DPM_POLICY_PACK_ADMIN_APIS_ENABLED: flag(false, 'turns the policy-pack administration on'),
};
