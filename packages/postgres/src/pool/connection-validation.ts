import type { PooledClient } from './pooled-client.js';

/** A connection seen within this time is taken to be alive: a ping costs a round trip. */
const PRE_PING_AFTER_MS = 1000;
/** SQLSTATE read_only_sql_transaction: others have taken over from this primary. */
const READ_ONLY = '25006';

/**
 * Which connections may be lent. What has happened to one of them may have happened to all: after
 * one broke, each is pinged once; after one was found to be read-only, or to lead
 * to another database, all are replaced.
 */
export class ConnectionValidation {
  #pingIfSeenBefore = 0;
  #closeIfLoggedInBefore = 0;

  /** @param wrongDatabaseAt when a login has last led to another database */
  constructor(
    private readonly prePing: boolean,
    private readonly wrongDatabaseAt: () => number = () => -Infinity,
  ) {}

  /** @param code SQLSTATE that spoiled a connection, if there was one */
  onSpoiled(code: string | undefined): void {
    const now = performance.now();
    this.#pingIfSeenBefore = now;
    if (code === READ_ONLY) this.#closeIfLoggedInBefore = now;
  }

  /** Whether it must not be used again. */
  mustClose({ isSpoiled, expiresAt, loggedInAt }: PooledClient, now: number): boolean {
    if (isSpoiled || now >= expiresAt) return true;
    return loggedInAt < this.#closeIfLoggedInBefore || loggedInAt < this.wrongDatabaseAt();
  }

  needsPing({ lastSeenAt }: PooledClient, now: number): boolean {
    return (
      this.prePing && (now - lastSeenAt >= PRE_PING_AFTER_MS || lastSeenAt < this.#pingIfSeenBefore)
    );
  }
}
