import { RateWindow, type Verdict } from './rate-window.js';
import type { SharedCounts } from './shared-counts.js';

/** One limit, of the requests that are counted together. */
export interface RateLimit {
  /** What its counts are found by. */
  readonly name: string;
  readonly requests: number;
  readonly windowSeconds: number;
  /** That share the limit while they cannot count in Redis: at least so many. */
  readonly instances: number;
}

/** What becomes of one request more. */
export interface Counted extends Verdict {
  /** When the window ends. */
  readonly secondsLeft: number;
}

/**
 * How many requests a client may still make. All instances count in Redis; while they cannot, each
 * grants its share of what is left (docs/adr/0015-redis.md).
 */
export class RateLimiter {
  readonly #windowMs: number;
  #current: RateWindow;

  /** @param shared null where there is no Redis */
  constructor(
    readonly limit: RateLimit,
    private readonly shared: SharedCounts | null,
  ) {
    this.#windowMs = limit.windowSeconds * 1000;
    this.#current = this.#windowAt(Date.now());
  }

  async count(client: string): Promise<Counted> {
    const window = this.window;
    const verdict = await this.#take(window, `${this.limit.name}:${client}`);
    const secondsLeft = Math.max(1, Math.ceil((window.end - Date.now()) / 1000));
    return { ...verdict, secondsLeft };
  }

  async #take(window: RateWindow, client: string): Promise<Verdict> {
    const { requests } = this.limit;
    const known = window.totalOf(client);
    if (known >= requests) return { granted: false, remaining: 0 };
    if (!this.shared || !this.#isShared(window, this.shared) || !(await this.shared.isOpen())) {
      window.isAlone = true;
      return this.#takeShare(window, client);
    }
    if (this.shared.isStalled) {
      const verdict = this.#takeShare(window, client);
      if (verdict.granted) void this.#count(window, client, this.shared);
      return verdict;
    }
    const total = await this.#count(window, client, this.shared);
    if (total === undefined || window.isAlone) return this.#takeShare(window, client);
    if (total <= known) {
      // Redis has forgotten, and nobody knows what others were granted.
      window.isAlone = true;
      return this.#takeShare(window, client);
    }
    return { granted: total <= requests, remaining: Math.max(0, requests - total) };
  }

  /** @returns undefined when there is no answer in time */
  async #count(
    window: RateWindow,
    client: string,
    shared: SharedCounts,
  ): Promise<number | undefined> {
    let total: number | undefined;
    await shared.count(window, client, this.#share, (counted) => {
      total = counted;
      window.learn(client, counted);
    });
    return total;
  }

  #takeShare(window: RateWindow, client: string): Verdict {
    if (this.shared && this.#isShared(window, this.shared)) window.stalls = this.shared.stalls;
    return window.takeShare(client, (total) => {
      const left = this.limit.requests - this.#countedAtMost(window, client, total);
      return Math.floor(Math.max(0, left) / this.#instances);
    });
  }

  /** Others know nothing of what was granted without them, and Redis may have forgotten. */
  #isShared(window: RateWindow, { lostAt }: SharedCounts): boolean {
    return !window.isAlone && lostAt < window.start;
  }

  /** How many requests of the client all instances have counted in Redis, at most. */
  #countedAtMost(window: RateWindow, client: string, total: number): number {
    if (!this.shared || this.shared.upAt < window.start) return total;
    // A client with more than a share would be among the heavy ones.
    const unheard = this.#instances > 1 ? this.#share : 0;
    return Math.max(total, this.shared.heavy(window, client), unheard);
  }

  get #instances(): number {
    return Math.max(this.limit.instances, this.shared?.instances ?? 1);
  }

  get #share(): number {
    return Math.floor(this.limit.requests / this.#instances);
  }

  /** The one that it is now: limits of one length have the same. */
  get window(): RateWindow {
    const now = Date.now();
    if (now >= this.#current.end || now < this.#current.start) this.#current = this.#windowAt(now);
    return this.#current;
  }

  #windowAt(now: number): RateWindow {
    const start = now - (now % this.#windowMs);
    return new RateWindow(start, start + this.#windowMs);
  }
}
