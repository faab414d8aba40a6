/** How finely the time is told in which the event loop was held up. */
const SLICES = 20;
const SHORTEST_SLICE_MS = 20;

/**
 * Requests that wait for a connection, first come first served; `askedAt` is a `performance.now()`. All
 * wait for the same time at most, so that the first is also the first to give up: one timer is enough for
 * thousands, where core's functions set one each. After the event loop was held up none gives up for as
 * long as it was: what they wait for may have arrived, and is read first.
 */
export class WaitQueue<Waiter extends { readonly askedAt: number }> {
  #queue: (Waiter | undefined)[] = [];
  #head = 0;
  #timer: NodeJS.Timeout | undefined;
  /** `performance.now()` at which the timer is due. */
  #dueAt = 0;
  /** None gives up before. */
  #notBefore = -Infinity;

  /** @param onTimeout called for each that waited for `timeoutMs`, and is no longer in the queue */
  constructor(
    public timeoutMs: number,
    private readonly onTimeout: (waiter: Waiter) => void,
  ) {}

  get size(): number {
    return this.#queue.length - this.#head;
  }

  add(waiter: Waiter): void {
    this.#queue.push(waiter);
    // Left running when the queue empties: setting a timer costs more than all the rest.
    if (!this.#timer) this.#sleep(this.timeoutMs, waiter.askedAt);
  }

  #sleep(leftMs: number, now: number): void {
    const slice = Math.min(Math.ceil(leftMs), this.#slice);
    this.#dueAt = now + slice;
    this.#timer = setTimeout(this.#expire, slice).unref();
  }

  get #slice(): number {
    return Math.max(SHORTEST_SLICE_MS, Math.ceil(this.timeoutMs / SLICES));
  }

  shift(): Waiter | undefined {
    const waiter = this.#queue[this.#head];
    if (!waiter) return undefined;
    this.#queue[this.#head] = undefined;
    this.#head += 1;
    if (this.#head === this.#queue.length) {
      this.#queue.length = 0;
      this.#head = 0;
    } else if (this.#head >= 1024 && this.#head * 2 >= this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    return waiter;
  }

  /** Takes out one that does not wait any more. @returns whether it was there */
  remove(waiter: Waiter): boolean {
    const index = this.#queue.indexOf(waiter, this.#head);
    if (index < 0) return false;
    this.#queue.splice(index, 1);
    return true;
  }

  /** Takes those out that had asked by then; what asks meanwhile is not among them. */
  takeUntil(now: number): readonly Waiter[] {
    const taken: Waiter[] = [];
    for (;;) {
      const first = this.#queue[this.#head];
      if (!first || first.askedAt > now) return taken;
      taken.push(first);
      this.shift();
    }
  }

  readonly #expire = (): void => {
    this.#timer = undefined;
    const now = performance.now();
    const heldUp = now - this.#dueAt;
    // Once in that time: a loop that is held up all the time is no reason to wait for good.
    if (heldUp > this.#slice && now > this.#notBefore + this.timeoutMs)
      this.#notBefore = now + Math.min(heldUp, this.timeoutMs);
    for (;;) {
      const first = this.#queue[this.#head];
      if (!first) return;
      const left = Math.max(first.askedAt + this.timeoutMs, this.#notBefore) - now;
      if (left > 0) {
        // What was refused may have asked again at once, and set it to a full time.
        clearTimeout(this.#timer);
        this.#sleep(left, now);
        return;
      }
      this.shift();
      this.onTimeout(first);
    }
  };
}
