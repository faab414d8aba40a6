import { describe, expect, it } from '@jest/globals';
import { DurationHistogram } from '@holdfast/core/duration-histogram';

function counted(...milliseconds: readonly number[]) {
  const histogram = new DurationHistogram();
  for (const each of milliseconds) histogram.record(each);
  return histogram.read();
}

describe('DurationHistogram', () => {
  it('counts each duration in its bucket and in all that are wider', () => {
    const { buckets } = counted(0.4, 3, 3, 40);
    const upTo = (le: number) => buckets.find((bucket) => bucket.le === le)?.count;
    expect([0.0005, 0.001, 0.0025, 0.005, 0.025, 0.05, 30].map(upTo)).toEqual([
      1, 1, 1, 3, 3, 4, 4,
    ]);
  });

  it('counts a duration that is a bound within it, as Prometheus does', () => {
    const { buckets } = counted(5);
    expect(buckets.find(({ le }) => le === 0.005)?.count).toBe(1);
    expect(buckets.find(({ le }) => le === 0.0025)?.count).toBe(0);
  });

  it('counts what is longer than every bound', () => {
    const { buckets, count, sum } = counted(31_000, 1000);
    expect(buckets.at(-1)?.count).toBe(1);
    expect({ count, sum }).toEqual({ count: 2, sum: 32 });
  });
});
