const TICK_MS = 50;
const WINDOW_MS = 5000;

/**
 * How long the event loop was held up lately: the longest within the last seconds. Node's own
 * `monitorEventLoopDelay` would have to be reset to forget, and then misses what holds it up next.
 */
export class EventLoopLag {
  readonly #timer: NodeJS.Timeout;
  #tickedAt = performance.now();
  /** Oldest first, one a tick. */
  readonly #ticks: { readonly at: number; readonly lag: number }[] = [];

  /** @param windowMs milliseconds after which it is forgotten */
  constructor(private readonly windowMs = WINDOW_MS) {
    this.#timer = setInterval(() => {
      const at = performance.now();
      this.#ticks.push({ at, lag: this.#lagAt(at) });
      this.#tickedAt = at;
      this.#forget(at);
    }, TICK_MS).unref();
  }

  /** Milliseconds, a tick too few at most. */
  longest(): number {
    const now = performance.now();
    this.#forget(now);
    return Math.max(this.#lagAt(now), ...this.#ticks.map(({ lag }) => lag));
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #lagAt(now: number): number {
    return Math.max(0, now - this.#tickedAt - TICK_MS);
  }

  #forget(now: number): void {
    for (let oldest = this.#ticks[0]; oldest; oldest = this.#ticks[0]) {
      if (oldest.at > now - this.windowMs) return;
      this.#ticks.shift();
    }
  }
}
