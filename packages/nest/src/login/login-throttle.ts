import { randomBytes } from 'node:crypto';
import { blockedFor, failureRules, type Failures, MOST_FAILURES, withFailure } from './failures.js';
import { SharedState } from './shared-state.js';
import type { SharedTexts } from './shared-texts.js';

const ID_BYTES = 6;

/** A log-in that has been let in, and counts as failed until it is taken back. */
export interface Attempt {
  /** Milliseconds for which nothing is let in; 0: it is let in. */
  readonly blockedMs: number;
  /** It has not failed. */
  succeed(): Promise<void>;
}

/**
 * 10 failures in 15 minutes block for 15. A log-in counts before its password is looked at, so that many at once get
 * no further than one after the other.
 */
export class LoginThrottle {
  readonly #failures: SharedState<Failures>;

  /** @param instances that share the bound while Redis is away */
  constructor(
    shared: SharedTexts | null,
    private readonly instances: number,
  ) {
    this.#failures = new SharedState('holdfast:login:failures', failureRules, shared);
  }

  /** @param names what it is counted for, one after the other: the first that blocks ends it */
  async begin(names: readonly string[]): Promise<Attempt> {
    const id = randomBytes(ID_BYTES).toString('base64url');
    let blockedMs = 0;
    for (const name of names) {
      if (blockedMs === 0) blockedMs = await this.#count(name, id);
    }
    const succeed = async () => {
      for (const name of names) await this.#takeBack(name, id);
    };
    return { blockedMs, succeed };
  }

  #count(name: string, id: string): Promise<number> {
    const failure = { id, at: Date.now() };
    return this.#failures.update(name, (failures = [], isAlone) => {
      const most = isAlone
        ? Math.max(1, Math.floor(MOST_FAILURES / this.instances))
        : MOST_FAILURES;
      // It may have been counted before the answer was lost.
      const others = failures.filter((each) => each.id !== id);
      const blockedMs = blockedFor(others, most, failure.at);
      if (blockedMs > 0) return { state: others, result: blockedMs };
      return { state: withFailure(others, failure), result: 0 };
    });
  }

  #takeBack(name: string, id: string): Promise<void> {
    return this.#failures.update(name, (failures = []) => {
      const left = failures.filter((each) => each.id !== id);
      return { state: left.length === 0 ? undefined : left, result: undefined };
    });
  }
}
