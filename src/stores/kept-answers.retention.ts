import type { Settings } from '@holdfast/guard/settings';
import type { KeptAnswers } from './kept-answers.js';
import { expiredBefore, type RetentionRule } from './retention.js';

/** Which of a store's kept answers have expired: their keys may be used anew. */
export function keptAnswersRule(
  { idempotencyKeyTtlSeconds }: Pick<Settings, 'idempotencyKeyTtlSeconds'>,
  records: KeptAnswers,
  now: number,
): RetentionRule {
  return {
    name: 'request_keys',
    variable: 'IDEMPOTENCY_KEY_TTL_SECONDS',
    before: expiredBefore(now, idempotencyKeyTtlSeconds),
    records,
  };
}
