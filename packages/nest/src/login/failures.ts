import type { StateRules } from './shared-state.js';

/** One log-in that has failed, or is under way. */
export interface Failure {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export type Failures = readonly Failure[];

/** Failures in a window after which no more are let in for as long as it takes. */
export const MOST_FAILURES = 10;
export const WINDOW_MS = 15 * 60_000;

/**
 * @param most of them that are let in
 * @returns milliseconds for which nothing is let in; 0 where it is
 */
export function blockedFor(failures: Failures, most: number, now: number): number {
  const last = failures.slice(-most);
  const [first, newest] = [last[0], last.at(-1)];
  if (last.length < most || !first || !newest || newest.at - first.at > WINDOW_MS) return 0;
  return Math.max(0, newest.at + WINDOW_MS - now);
}

/** The last that count, with one more. */
export function withFailure(failures: Failures, failure: Failure): Failures {
  const recent = failures.filter(({ id, at }) => id !== failure.id && at > failure.at - WINDOW_MS);
  return [...recent, failure].slice(-MOST_FAILURES);
}

export const failureRules: StateRules<Failures> = {
  parse(text) {
    if (text === '') return undefined;
    return (JSON.parse(text) as [string, number][]).map(([id, at]) => ({ id, at }));
  },
  stringify: (failures) => JSON.stringify(failures.map(({ id, at }) => [id, at])),
  merge(one, other) {
    const all = new Map([...one, ...other].map((each) => [each.id, each]));
    return [...all.values()].toSorted((a, b) => a.at - b.at).slice(-MOST_FAILURES);
  },
  until: (failures) => (failures.at(-1)?.at ?? 0) + WINDOW_MS,
};
