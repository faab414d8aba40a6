const BUCKET_MS = 10_000;
/** Five minutes. */
const BUCKETS = 30;

/** What requests were answered with lately that are not what they asked for. */
export interface RecentProblem {
  /** Without what comes after its colon. */
  readonly code: string;
  /** Answers within the last five minutes. */
  readonly count: number;
  readonly last_at: string;
}

interface Told {
  /** Of ten seconds each; which ones, `epochs` says. */
  readonly counts: number[];
  readonly epochs: number[];
  lastAt: number;
}

/** Problem documents of the last five minutes, by code: as many codes as the catalogue has, and no more. */
export class RecentProblems {
  readonly #told = new Map<string, Told>();

  /** @param at milliseconds since the epoch */
  add(code: string, at: number): void {
    let told = this.#told.get(code);
    if (told === undefined) {
      told = {
        counts: Array<number>(BUCKETS).fill(0),
        epochs: Array<number>(BUCKETS).fill(-1),
        lastAt: at,
      };
      this.#told.set(code, told);
    }
    const epoch = Math.floor(at / BUCKET_MS);
    const bucket = epoch % BUCKETS;
    if (told.epochs[bucket] !== epoch) {
      told.epochs[bucket] = epoch;
      told.counts[bucket] = 0;
    }
    told.counts[bucket] = (told.counts[bucket] ?? 0) + 1;
    told.lastAt = at;
  }

  /**
   * Most first.
   * @param now milliseconds since the epoch
   */
  read(now: number): readonly RecentProblem[] {
    const oldest = Math.floor(now / BUCKET_MS) - BUCKETS;
    return [...this.#told]
      .map(([code, { counts, epochs, lastAt }]) => ({
        code,
        count: counts.reduce(
          (sum, count, bucket) => sum + ((epochs[bucket] ?? -1) > oldest ? count : 0),
          0,
        ),
        last_at: new Date(lastAt).toISOString(),
      }))
      .filter(({ count }) => count > 0)
      .toSorted((a, b) => b.count - a.count);
  }
}
