import { whole } from '@holdfast/guard/variable';

/** What is common to the stores. */
export const keptAnswersVariables = {
  IDEMPOTENCY_KEY_TTL_SECONDS: whole(
    0,
    315_360_000,
    0,
    'seconds after which a purge deletes the kept answers to requests with a key; 0 never',
  ),
};
