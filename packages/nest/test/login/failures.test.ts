import { describe, expect, it } from '@jest/globals';
import {
  blockedFor,
  failureRules,
  type Failures,
  MOST_FAILURES,
  WINDOW_MS,
  withFailure,
} from '../../src/login/failures.js';

const START = 1_000_000_000;
const MINUTE = 60_000;

/** A failure every so many milliseconds, if it is let in. @returns when those were that were not */
function failing(everyMs: number, times: number): { failures: Failures; refused: number[] } {
  let failures: Failures = [];
  const refused: number[] = [];
  for (let turn = 0; turn < times; turn += 1) {
    const at = START + turn * everyMs;
    if (blockedFor(failures, MOST_FAILURES, at) > 0) refused.push(turn);
    else failures = withFailure(failures, { id: String(turn), at });
  }
  return { failures, refused };
}

describe('failures', () => {
  it('block from the tenth on, for a quarter of an hour from the last', () => {
    const { failures, refused } = failing(1000, 12);
    expect(refused).toEqual([10, 11]);
    const last = START + 9000;
    expect(blockedFor(failures, MOST_FAILURES, last)).toBe(WINDOW_MS);
    expect(blockedFor(failures, MOST_FAILURES, last + WINDOW_MS - 1)).toBe(1);
    expect(blockedFor(failures, MOST_FAILURES, last + WINDOW_MS)).toBe(0);
  });

  it('do not block where no ten are in one quarter of an hour', () => {
    expect(failing(2 * MINUTE, 100).refused).toEqual([]);
    expect(failing(MINUTE, 11).refused).toEqual([10]);
  });

  it('let in no more than ten in any quarter of an hour, however they are spread', () => {
    for (const everyMs of [1000, 30_000, 90_000, 99_000]) {
      const { refused } = failing(everyMs, 400);
      const granted = Array.from({ length: 400 }, (_, turn) => turn)
        .filter((turn) => !refused.includes(turn))
        .map((turn) => turn * everyMs);
      const most = granted.map(
        (from) => granted.filter((at) => at >= from && at < from + WINDOW_MS).length,
      );
      expect([everyMs, Math.max(...most) <= MOST_FAILURES]).toEqual([everyMs, true]);
    }
  });

  it('of two instances are counted together, each once', () => {
    const of = (...ids: readonly number[]) => ids.map((id) => ({ id: String(id), at: START + id }));
    expect(failureRules.merge(of(1, 3, 5), of(2, 3))).toEqual(of(1, 2, 3, 5));
    const all = Array.from({ length: 12 }, (_, id) => id);
    expect(failureRules.merge(of(...all), [])).toEqual(of(...all.slice(2)));
  });

  it('come back from Redis as they went', () => {
    const { failures } = failing(1000, 3);
    expect(failureRules.parse(failureRules.stringify(failures))).toEqual(failures);
    expect(failureRules.parse('')).toBeUndefined();
  });
});
