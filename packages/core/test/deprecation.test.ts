import { describe, expect, it } from '@jest/globals';
import {
  type Deprecation,
  deprecation,
  deprecationHeaders,
  inWords,
  listed,
} from '../src/deprecation.js';

const DECLARED: Deprecation = {
  since: '1.4.0',
  sinceDay: '2027-01-31',
  removedIn: '2.0.0',
  sunsetDay: '2027-12-31',
  instead: 'GET /orders',
};

describe('a deprecation', () => {
  it.each([
    ['1.4.0', '2.0.0'],
    ['1.0.0', '3.0.0'],
    ['0.1.0', '0.2.0'],
    ['0.9.0', '1.0.0'],
  ])('of %s may be removed in %s', (since, removedIn) => {
    expect(deprecation({ ...DECLARED, since, removedIn })).toMatchObject({ since, removedIn });
  });

  it.each([
    ['1.4.0', '1.4.0'],
    ['1.4.0', '1.4.1'],
    ['1.4.0', '1.5.0'],
    ['1.4.1', '2.0.0'],
    ['1.4.0', '2.1.0'],
    ['2.0.0', '1.0.0'],
    ['0.2.0', '0.2.1'],
    ['0.2.0', '0.1.0'],
    ['soon', '2.0.0'],
    ['1.4', '2.0.0'],
  ])('of %s cannot be removed in %s', (since, removedIn) => {
    expect(() => deprecation({ ...DECLARED, since, removedIn })).toThrow(TypeError);
  });

  it.each([
    { sinceDay: '2027-02-40' },
    { sinceDay: 'today' },
    { sunsetDay: '2027' },
    { sunsetDay: '2027-01-30' },
  ])('has days that are some: not %o', (days) => {
    expect(() => deprecation({ ...DECLARED, ...days })).toThrow(TypeError);
  });

  it('is told by headers, in words and in lists', () => {
    expect(deprecationHeaders(DECLARED)).toEqual({
      Deprecation: '@1801353600',
      Sunset: 'Fri, 31 Dec 2027 00:00:00 GMT',
    });
    const { sunsetDay: _, ...open } = DECLARED;
    expect(deprecationHeaders(open)).toEqual({ Deprecation: '@1801353600' });
    expect(inWords(open)).toBe('deprecated since 1.4.0, removed in 2.0.0: use GET /orders');
    expect(listed('GET /old', open)).toEqual({
      name: 'GET /old',
      since: '1.4.0',
      since_day: '2027-01-31',
      removed_in: '2.0.0',
      sunset_day: null,
      instead: 'GET /orders',
    });
  });
});
