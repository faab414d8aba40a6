import { describe, expect, it, jest } from '@jest/globals';
import { jittered } from '../src/jitter.js';

describe('jittered', () => {
  const drawn = (lot: number, ...shares: [least?: number, most?: number]) => {
    const random = jest.spyOn(Math, 'random').mockReturnValue(lot);
    const milliseconds = jittered(1000, ...shares);
    random.mockRestore();
    return milliseconds;
  };

  it('is between half of the time and all of it', () => {
    expect([drawn(0), drawn(0.5), drawn(0.999)]).toEqual([500, 750, 999.5]);
  });

  it('is between the shares that are given', () => {
    expect([drawn(0, 0, 1), drawn(0, 0.5, 1.5), drawn(0.5, 0.5, 1.5)]).toEqual([0, 500, 1000]);
  });
});
