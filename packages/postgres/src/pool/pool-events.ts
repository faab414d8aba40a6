import type { VerifiedIdentity } from '../verification/verified-identity.js';

/** What a pool tells its owner. */
export interface PoolEvents {
  /** How traces call the pool. */
  readonly name?: string;
  /**
   * A connection has been checked out for longer than `leakDetectionMs`.
   * @param stack of who asked for it
   */
  readonly onLeak: (stack: string) => void;
  /** For the log: which server it was that a login has failed at, and how. */
  readonly describe?: (cause: Error) => Error;
  /** How long who asks waits before the first connection is had; as long as later by default. */
  readonly startTimeoutMs?: number;
  /** Whether the password is read anew for each login: one that is refused may be on its way. */
  readonly renewsPassword?: boolean;
  /** The database that each login has to find; undefined where any will do. */
  readonly identity?: () => VerifiedIdentity | undefined;
}
