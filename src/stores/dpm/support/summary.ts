import type { Instant } from '@holdfast/core/instant';

/** Ages that a summary tells apart, youngest first; each leaves out the ones before it. */
const AGES = ['last_hour', 'last_day', 'last_7_days', 'last_30_days'] as const;

export type Age = (typeof AGES)[number] | 'older';

const HOUR_MS = 3_600_000;
const LENGTH_MS: Readonly<Record<(typeof AGES)[number], number>> = {
  last_hour: HOUR_MS,
  last_day: 24 * HOUR_MS,
  last_7_days: 7 * 24 * HOUR_MS,
  last_30_days: 30 * 24 * HOUR_MS,
};

/** What `counts` of a repository gives. */
export interface Count<Status extends string> {
  readonly status: Status;
  /** Index of an age; one beyond the last for older ones. */
  readonly age: number;
  readonly count: number;
}

/** How many records there are, told twice: both parts add up to the total. */
export interface Summary<Status extends string> {
  readonly total: number;
  readonly byStatus: Readonly<Record<Status, number>>;
  readonly byAge: Readonly<Record<Age, number>>;
}

/** Where the ages begin, latest first: what `counts` is asked with. */
export function agesAt(now: Instant): readonly Instant[] {
  return AGES.map((age) => new Date(Date.parse(now) - LENGTH_MS[age]).toISOString());
}

/** @param statuses all that there are: one without records counts zero */
export function summaryOf<Status extends string>(
  statuses: readonly Status[],
  counts: readonly Count<Status>[],
): Summary<Status> {
  const sum = (selected: readonly Count<Status>[]) =>
    selected.reduce((total, { count }) => total + count, 0);
  const ofStatus = (status: Status) => sum(counts.filter((each) => each.status === status));
  const ofAge = (age: number) => sum(counts.filter((each) => each.age === age));
  return {
    total: sum(counts),
    byStatus: Object.fromEntries(statuses.map((status) => [status, ofStatus(status)])) as Record<
      Status,
      number
    >,
    byAge: {
      last_hour: ofAge(0),
      last_day: ofAge(1),
      last_7_days: ofAge(2),
      last_30_days: ofAge(3),
      older: ofAge(4),
    },
  };
}
