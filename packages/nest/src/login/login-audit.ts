import type { Log } from '@holdfast/core/log';
import '@holdfast/guard/reasons';
import type { DerivedKey } from './derived-key.js';

/** Who tried to log in, as the log may show it. */
export interface Tried {
  /** As it was typed. */
  readonly name: string;
  readonly isKnown: boolean;
  readonly address: string;
}

/** Of what is typed in the place of a name. */
const FINGERPRINT_CHARACTERS = 8;

/**
 * One line for each log-in. A name that nobody has may be a password that was typed in its place: it is not shown,
 * and the same one is known again by a fingerprint that says nothing without a key.
 */
export class LoginAudit {
  constructor(
    private readonly log: Log,
    private readonly fingerprints: DerivedKey,
  ) {}

  success(tried: Tried): void {
    this.log.info({ event: 'auth.login.success', ...this.#shown(tried) }, 'an operator logs in');
  }

  /** @param reason for the log alone: clients are all told the same */
  failure(tried: Tried, reason: 'unknown' | 'password' | 'blocked'): void {
    const fields = { event: 'auth.login.failure', ...this.#shown(tried), reason };
    this.log.warn(fields, 'a log-in is refused');
  }

  /** @param user undefined where the token says nothing of it */
  renewalRefused(user: string | undefined, address: string, reason: string): void {
    const fields = { event: 'auth.refresh.failure', ...(user !== undefined && { user }) };
    this.log.warn({ ...fields, address, reason }, 'a session is not renewed');
  }

  logout(user: string, address: string): void {
    this.log.info({ event: 'auth.logout', user, address }, 'an operator logs out');
  }

  /** @param error why */
  hashKept(user: string, error: unknown): void {
    const event = 'auth.login.hash_kept';
    this.log.warn(
      { event, code: 'CREDENTIALS_FILE_NOT_WRITTEN', user, err: error },
      'the hash of a password is weaker than new ones, and cannot be replaced: `holdfast user add --replace` does',
    );
  }

  #shown({ name, isKnown, address }: Tried) {
    const fingerprint = this.fingerprints.sign(name).slice(0, FINGERPRINT_CHARACTERS);
    return { ...(isKnown ? { user: name } : { user: '***', fingerprint }), address };
  }
}
