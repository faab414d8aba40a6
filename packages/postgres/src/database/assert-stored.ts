import { ReasonError } from '../reasons.js';
import { errorFields } from '../faults/faults.js';

/** No value of a user: none is cast to a number. */
const NOT_STORED = 'holdfast has not stored this ';

/**
 * For the last SELECT of a PostgreSQL statement of several parts: a column that makes all of it fail
 * unless the condition holds. A trigger or a rule may drop rows without a word.
 */
export function assertStored(condition: string): string {
  // The count keeps the planner from trying the cast by itself.
  return `CASE WHEN ${condition} THEN 1
    ELSE CAST('${NOT_STORED}' || (SELECT count(*) FROM (VALUES (1)) AS one) AS integer) END AS stored`;
}

/** The same, unless each of the parts has written as many rows as the first, which has a RETURNING like them. */
export function assertSameRowCounts(first: string, parts: readonly string[]): string {
  const count = (part: string) => `(SELECT count(*) FROM ${part})`;
  return assertStored(
    ['true', ...parts.map((part) => `${count(part)} = ${count(first)}`)].join(' AND '),
  );
}

/** Whether a statement failed for what `assertStored` says. */
export function isNotStoredError(error: unknown): boolean {
  const { code, message } = errorFields(error);
  return code === '22P02' && message.includes(NOT_STORED);
}

/**
 * A writer that was overtaken by another finds another state the next time; one that finds the same has
 * written in vain, and would for ever.
 */
export class Overtaken {
  #state: string | null | undefined;
  #repeats = 0;

  /**
   * To be called with each state that is to be changed, before it is.
   * @param state which no change ever makes again; null for a record that is not there
   * @throws WRITE_NOT_STORED
   */
  meet(state: string | null): void {
    this.#repeats = this.#state === state ? this.#repeats + 1 : 0;
    this.#state = state;
    // What was in the way of a new record may have been removed meanwhile, time and again.
    if (this.#repeats > (state === null ? MAX_REMOVALS : 0)) throwNotStored();
  }
}

const MAX_REMOVALS = 4;

/** @throws WRITE_NOT_STORED */
export function throwNotStored(): never {
  throw new ReasonError('WRITE_NOT_STORED', { retryAfterSeconds: 1 });
}
