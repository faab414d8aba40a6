import { createHistogram } from 'node:perf_hooks';
import { DurationHistogram } from '@holdfast/core/duration-histogram';

/** SQLAlchemy QueuePool's terms, counted as events happen. */
export interface PoolStatistics {
  readonly size: number;
  readonly max_overflow: number;
  readonly checked_out: number;
  readonly idle: number;
  readonly overflow: number;
  readonly waiting: number;
  readonly acquired_total: number;
  readonly timeouts_total: number;
  readonly leaks_total: number;
  /** Milliseconds from asking for a connection to having it. */
  readonly acquire_ms: { readonly p50: number; readonly p99: number };
}

/** Whether there is nothing left to check out; who asks now has to wait. */
export function isSaturated(pool: PoolStatistics): boolean {
  return pool.checked_out >= pool.size + pool.max_overflow;
}

/** Since the start of the process. */
export interface PoolDurations {
  /** From asking for a connection to having it. */
  readonly wait: DurationHistogram;
  /** From having it to giving it back. */
  readonly use: DurationHistogram;
  /** What logins take that succeed. */
  readonly create: DurationHistogram;
}

/** How long callers waited for a connection, since the start of the process. */
export class AcquireLatency {
  readonly durations = new DurationHistogram();
  readonly #nanoseconds = createHistogram();

  get count(): number {
    return this.#nanoseconds.count;
  }

  record(milliseconds: number): void {
    this.durations.record(milliseconds);
    this.#nanoseconds.record(Math.max(1, Math.round(milliseconds * 1e6)));
  }

  /** In milliseconds; 0 before the first. */
  percentiles(): { readonly p50: number; readonly p99: number } {
    const at = (percentile: number) =>
      this.count === 0 ? 0 : this.#nanoseconds.percentile(percentile) / 1e6;
    return { p50: at(50), p99: at(99) };
  }
}
