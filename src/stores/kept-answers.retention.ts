import type { Settings } from '@holdfast/guard/settings';
import { valuesOf } from '@holdfast/guard/values-of';
import type { KeptAnswers } from './kept-answers.js';
import { expiredBefore, type RetentionRule } from './retention.js';
import { keptAnswersVariables } from './kept-answers.variables.js';

/** Which of a store's kept answers have expired: their keys may be used anew. */
export function keptAnswersRetentionRule(
  settings: Pick<Settings, 'variables'>,
  records: KeptAnswers,
  now: number,
): RetentionRule {
  const { IDEMPOTENCY_KEY_TTL_SECONDS: seconds } = valuesOf(settings, keptAnswersVariables);
  return {
    name: 'request_keys',
    variable: 'IDEMPOTENCY_KEY_TTL_SECONDS',
    before: expiredBefore(now, seconds),
    records,
  };
}
