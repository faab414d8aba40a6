import { flag } from '@holdfast/guard/variable';

/** Who may approve what. */
export const advisoryVariables = {
  ALLOW_SELF_APPROVAL: flag(false, 'lets people approve what they have proposed themselves', {
    localOnly: true,
  }),
};
