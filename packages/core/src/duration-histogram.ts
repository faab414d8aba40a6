/** Seconds up to which each bucket counts, as Prometheus' `le`; from what a warm read takes to what is given up. */
const BOUNDS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
] as const;

/** What a histogram has counted, in seconds. */
export interface DurationCounts {
  /** How many took at most that long, by bound in ascending order; what took longer is in `count` alone. */
  readonly buckets: readonly { readonly le: number; readonly count: number }[];
  readonly count: number;
  readonly sum: number;
}

/** Durations by how long they were. Recording one takes some nanoseconds, and no memory. */
export class DurationHistogram {
  readonly #counts: Float64Array;
  #sum = 0;

  /** @param bounds seconds up to which each bucket counts, ascending */
  constructor(private readonly bounds: readonly number[] = BOUNDS) {
    this.#counts = new Float64Array(bounds.length + 1);
  }

  record(milliseconds: number): void {
    const seconds = milliseconds / 1000;
    let bucket = 0;
    while (seconds > (this.bounds[bucket] ?? Infinity)) bucket += 1;
    this.#counts[bucket] = this.#at(bucket) + 1;
    this.#sum += seconds;
  }

  read(): DurationCounts {
    let count = 0;
    const buckets = this.bounds.map((le, bucket) => {
      count += this.#at(bucket);
      return { le, count };
    });
    return { buckets, count: count + this.#at(this.bounds.length), sum: this.#sum };
  }

  #at(bucket: number): number {
    return this.#counts[bucket] ?? 0;
  }
}
