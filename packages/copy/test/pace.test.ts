import { expect, it } from '@jest/globals';
import { durationText, overallText, Pace } from '../src/command/pace.js';

/** A pace by a clock that the test sets. */
function paceOf(tables: Readonly<Record<string, number>>) {
  const clock = { ms: 0 };
  const pace = new Pace(() => clock.ms);
  pace.begun(Object.entries(tables).map(([table, rows]) => ({ table, rows })));
  return { pace, clock };
}

it('takes the rest by bytes: rows that are not known are as long as the others', () => {
  const { pace, clock } = paceOf({ wide: 100, narrow: 1000, unknown: 50 });
  clock.ms = 10_000;
  pace.read('wide', 50, 50_000);
  pace.read('narrow', 1000, 10_000);
  // 60,000 bytes in 10 s; 50 rows of 1,000 bytes and 50 of 60,000 / 1,050 are left.
  const { rows, bytesPerSecond, share, secondsLeft } = pace.overall();
  expect([rows, bytesPerSecond, share]).toEqual([1050, 6000, 1050 / 1150]);
  expect(secondsLeft).toBeCloseTo((50_000 + (50 * 60_000) / 1050) / 6000, 9);
});

it('does not take what an interrupted copy has left for its own speed', () => {
  const { pace, clock } = paceOf({ t: 100 });
  pace.reused('t', 80, 8000);
  clock.ms = 1000;
  expect(pace.overall()).toMatchObject({ rows: 80, bytesPerSecond: 0, secondsLeft: undefined });
  pace.read('t', 90, 9000);
  expect(pace.overall()).toEqual({ rows: 90, bytesPerSecond: 1000, share: 0.9, secondsLeft: 1 });
});

it('says nothing of what it does not know', () => {
  const { pace, clock } = paceOf({});
  clock.ms = 500;
  pace.read('t', 10, 1000);
  expect(pace.overall()).toEqual({
    rows: 0,
    bytesPerSecond: 0,
    share: undefined,
    secondsLeft: undefined,
  });
  expect(overallText(pace.overall())).toBe('0.0 MB/s');
});

it.each([
  [0.2, '1 s'],
  [59.5, '1 min 0 s'],
  [200, '3 min 20 s'],
  [7500, '2 h 5 min'],
])('writes %d seconds as %s', (seconds, text) => {
  expect(durationText(seconds)).toBe(text);
});

it('writes what it knows', () => {
  expect(overallText({ rows: 1, bytesPerSecond: 12.34e6, share: 0.459, secondsLeft: 50 })).toBe(
    '45 %, 12.3 MB/s, about 50 s left',
  );
});
