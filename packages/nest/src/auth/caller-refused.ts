import { ReasonError } from '../reasons.js';

/** A request that is not let in, with what `WWW-Authenticate` says of it (RFC 6750). */
export class CallerRefused extends ReasonError {
  readonly challenge: string | undefined;
  /** Where a browser is led to, in place of an answer that it could show and nobody could go on from. */
  loginPath?: string;

  private constructor(
    code:
      | 'TOKEN_MISSING'
      | 'TOKEN_INVALID'
      | 'TOKEN_EXPIRED'
      | 'SCOPE_MISSING'
      | 'LOGIN_FAILED'
      | 'SESSION_ENDED',
    challenge?: string,
    detail?: string,
  ) {
    super(code, detail === undefined ? {} : { detail });
    this.challenge = challenge ?? this.reason.challenge;
  }

  static missing(): CallerRefused {
    return new CallerRefused('TOKEN_MISSING');
  }

  /** @param detail which of the checks it fails; nothing of the token */
  static invalid(detail: string): CallerRefused {
    return new CallerRefused('TOKEN_INVALID', 'Bearer error="invalid_token"', detail);
  }

  static expired(): CallerRefused {
    return new CallerRefused('TOKEN_EXPIRED', 'Bearer error="invalid_token"');
  }

  /** The same for whoever it is. */
  static login(): CallerRefused {
    return new CallerRefused('LOGIN_FAILED');
  }

  static session(): CallerRefused {
    return new CallerRefused('SESSION_ENDED');
  }

  static scope(scope: string): CallerRefused {
    const challenge = `Bearer error="insufficient_scope", scope="${scope}"`;
    return new CallerRefused('SCOPE_MISSING', challenge, `the token has no scope ${scope}`);
  }
}
