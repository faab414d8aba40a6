import { DurationHistogram } from '@holdfast/core/duration-histogram';
import type { Checkout, Checkouts } from './checkouts.js';
import type { PooledClient } from './pooled-client.js';

export type Release = (error?: Error | boolean) => void;

/** What the pool does with a connection that is back. */
interface Next {
  mustClose(client: PooledClient, now: number): boolean;
  handOut(client: PooledClient, release: Release, now: number): void;
  onReturned(): void;
}

/** Connections that come back: closed, rolled back first, or kept. */
export class Returns {
  /** For how long connections were checked out. */
  readonly durations = new DurationHistogram();

  constructor(
    private readonly checkouts: Checkouts,
    private readonly next: Next,
  ) {}

  /** @returns what the borrower calls, once */
  releaserOf(lease: Checkout): Release {
    let isReturned = false;
    return (error) => {
      if (isReturned) throw new TypeError('the connection has been returned before');
      isReturned = true;
      this.durations.record(performance.now() - lease.since);
      this.#return(lease, Boolean(error));
    };
  }

  discard(lease: Checkout): void {
    if (!this.checkouts.delete(lease)) return;
    lease.release(true);
    this.next.onReturned();
  }

  #return(lease: Checkout, isBroken: boolean): void {
    const { client } = lease;
    // It was the borrower's: what the pool itself asks would be cut short by a time that is over.
    client.deadline = Infinity;
    if (isBroken || client.isSpoiled) this.discard(lease);
    else if (client.needsReset) void this.#reset(lease);
    else this.#keep(lease);
  }

  /** An open transaction would be the next borrower's, with all its locks. */
  async #reset(lease: Checkout): Promise<void> {
    const isReset = await lease.client.succeeds('ROLLBACK');
    if (isReset && !lease.client.isSpoiled && !lease.client.needsReset) this.#keep(lease);
    else this.discard(lease);
  }

  #keep(lease: Checkout): void {
    // Closing the pool has let go of it meanwhile.
    if (!this.checkouts.delete(lease)) return;
    const now = performance.now();
    const { client, release } = lease;
    if (this.next.mustClose(client, now)) release(true);
    else this.next.handOut(client, release, now);
    this.next.onReturned();
  }
}
