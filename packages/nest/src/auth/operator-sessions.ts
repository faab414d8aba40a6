import type { Caller } from './caller.js';

/** Injection token of the `OperatorSessions`; nobody provides it where operators do not log in. */
export const OPERATOR_SESSIONS = 'holdfast.operator-sessions';

/** What lets a caller in beyond the signature of a token that the service has issued itself. */
export interface OperatorSessions {
  /** Whether the operator is still there with the same password, and has not logged out, as far as this instance knows. */
  isLive(caller: Caller): boolean;
  /** What pages of a session send with what changes something. */
  csrfToken(session: string): string;
  /** Whether a text was handed out to pages of the session. */
  isCsrfToken(session: string, token: string): boolean;
}
