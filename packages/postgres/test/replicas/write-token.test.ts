import { describe, expect, it } from '@jest/globals';
import { clockOfToken, writeToken } from '../../src/replicas/write-token.js';

describe('a consistency token', () => {
  it.each([0, 1, 1_795_000_000_000, 1_795_000_000_000.4])('names %d or a little later', (clock) => {
    const told = clockOfToken(writeToken(clock));
    expect(told).toBeGreaterThanOrEqual(clock);
    expect(told - clock).toBeLessThan(1);
  });

  it.each(['', '1.', '2.abc', '1.ABC', '1.-1', 'x', '1.abc,1.abd', `1.${'z'.repeat(11)}`])(
    'that cannot be read is later than any replica: %j',
    (token) => {
      expect(clockOfToken(token)).toBe(Infinity);
    },
  );

  it('of a primary that has never answered is later than any replica', () => {
    expect(clockOfToken(writeToken(undefined))).toBe(Infinity);
  });
});
