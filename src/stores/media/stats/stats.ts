import type { Instant } from '@holdfast/core/instant';

/** How the jobs of a time ended; those that are pending count among all. */
export interface JobCounts {
  readonly jobs: number;
  readonly done: number;
  readonly timeouts: number;
  readonly failed: number;
  /** Of the failed ones, those for which a provider is to blame. */
  readonly providerErrors: number;
}

/** Milliseconds from start to end of those that have ended, however; null where none has. */
export interface Durations {
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
}

/** One step of a chart. */
export interface Bucket extends JobCounts {
  readonly at: Instant;
  readonly p95Ms: number | null;
}

export interface SlotStats extends JobCounts, Durations {
  readonly slotId: string;
}

/** When a slot was last well, and last not: whenever that was. */
export interface LastEnds {
  readonly slotId: string;
  readonly lastSuccessAt: Instant | null;
  readonly lastErrorAt: Instant | null;
  readonly lastErrorReason: string | null;
}

/** What the reasons of failures begin with for which a provider is to blame. */
export const PROVIDER_REASONS = 'PROVIDER_';

/** Lengths of a step in seconds, and how many steps a chart has at most. */
const STEPS = [60, 300, 900, 1800, 3600] as const;
const MOST_BUCKETS = 96;

/** Seconds of one step of a chart over so many minutes. */
export function bucketSecondsOf(windowMinutes: number): number {
  const longest = STEPS[STEPS.length - 1] ?? 3600;
  return STEPS.find((step) => (windowMinutes * 60) / step <= MOST_BUCKETS) ?? longest;
}

/** When the step begins that a moment is in, in seconds. */
export function bucketOf(instant: Instant, bucketSeconds: number): number {
  return Math.floor(Date.parse(instant) / 1000 / bucketSeconds) * bucketSeconds;
}

/** Every step from one moment to another; those in which nothing happened have zeros. */
export function withEmptyBuckets(
  found: readonly Bucket[],
  since: Instant,
  now: Instant,
  bucketSeconds: number,
): readonly Bucket[] {
  const known = new Map(found.map((bucket) => [bucket.at, bucket]));
  const buckets: Bucket[] = [];
  const last = bucketOf(now, bucketSeconds);
  for (let second = bucketOf(since, bucketSeconds); second <= last; second += bucketSeconds) {
    const at = new Date(second * 1000).toISOString();
    buckets.push(known.get(at) ?? { ...NOTHING, at, p95Ms: null });
  }
  return buckets;
}

export const NOTHING: JobCounts = { jobs: 0, done: 0, timeouts: 0, failed: 0, providerErrors: 0 };

/** The nearest rank: the first of the durations that so many hundredths do not exceed. @param durations ascending */
export function percentile(durations: readonly number[], hundredths: number): number | null {
  return durations[Math.ceil((durations.length * hundredths) / 100) - 1] ?? null;
}
