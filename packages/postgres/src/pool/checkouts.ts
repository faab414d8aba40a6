import type { PooledClient } from './pooled-client.js';

/** A connection that is checked out. */
export interface Checkout {
  readonly client: PooledClient;
  /** Gives the connection back to `pg`'s pool, which closes it if asked to. */
  readonly release: (close?: Error | boolean) => void;
  /** `performance.now()` of the checkout. */
  readonly since: number;
  /** What asked for it; its `stack` is put into words only when it is read. */
  readonly borrower: { readonly stack?: string };
}

/** The connections that are checked out, and which of them have not come back in time. */
export class Checkouts {
  /** Oldest first, as sets are. */
  readonly #inTime = new Set<Checkout>();
  readonly #leaked = new Set<Checkout>();
  #timer: NodeJS.Timeout | undefined;

  /** @param leakMs milliseconds after which a lease is told to `onLeak`, once; 0 for never */
  constructor(
    private readonly leakMs: number,
    private readonly onLeak: (lease: Checkout) => void,
  ) {}

  get size(): number {
    return this.#inTime.size + this.#leaked.size;
  }

  /** A plain timer for all of them: a leak is reported, and nothing fails by it. */
  add(lease: Checkout): void {
    this.#inTime.add(lease);
    if (this.leakMs > 0 && !this.#timer) {
      this.#timer = setTimeout(this.#reportLeaks, this.leakMs).unref();
    }
  }

  /** @returns whether it was there */
  delete(lease: Checkout): boolean {
    return this.#inTime.delete(lease) || this.#leaked.delete(lease);
  }

  all(): readonly Checkout[] {
    return [...this.#leaked, ...this.#inTime];
  }

  readonly #reportLeaks = (): void => {
    this.#timer = undefined;
    const now = performance.now();
    for (const lease of this.#inTime) {
      const left = lease.since + this.leakMs - now;
      if (left > 0) {
        this.#timer = setTimeout(this.#reportLeaks, Math.ceil(left)).unref();
        return;
      }
      this.#inTime.delete(lease);
      this.#leaked.add(lease);
      this.onLeak(lease);
    }
  };
}
