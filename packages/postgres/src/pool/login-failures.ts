import type { ReasonCode } from '@holdfast/core/reasons';
import { postgresFault } from '../faults/faults.js';
import type { Checkouts } from './checkouts.js';
import { SLOW_LOGIN_MS, type Logins } from './logins.js';
import type { Pings } from './pings.js';

/** How long the role's password may be ahead of the file that it is read from before that is reported. */
const RENEWAL_GRACE_MS = 2000;

/** Where a connection may come from although a login has failed. */
interface OtherSources {
  readonly logins: Logins;
  readonly pings: Pings;
  readonly checkouts: Checkouts;
}

/** Whether a login that failed is a reason to refuse those for which it was tried. */
export class LoginFailures {
  /** `performance.now()` of the first login that was refused since one was not. */
  #refusedSince: number | undefined;

  /** @param renewsPassword whether it is read anew for each login: one that is refused may be on its way */
  constructor(
    private readonly renewsPassword: boolean,
    private readonly others: OtherSources,
  ) {}

  onSuccess(): void {
    this.#refusedSince = undefined;
  }

  /**
   * @returns what to refuse them with; undefined when they go on waiting: others will probably end
   * well, or the server lives and something may be returned
   */
  judge(cause: Error): ReasonCode | undefined {
    const { logins, pings, checkouts } = this.others;
    const { code } = postgresFault(cause);
    const now = performance.now();
    if (this.renewsPassword && code === 'POSTGRES_AUTH_FAILED') {
      this.#refusedSince ??= now;
      if (now - this.#refusedSince < RENEWAL_GRACE_MS) return undefined;
    }
    const isHanging = now - logins.lastStartedAt >= SLOW_LOGIN_MS;
    if (!isHanging && logins.countPrompt(now) + pings.promptCount > 0) return undefined;
    if (code !== 'POSTGRES_UNREACHABLE' && checkouts.size > 0) return undefined;
    return code;
  }
}
