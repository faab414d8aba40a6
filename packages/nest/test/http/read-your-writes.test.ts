import { describe, expect, it } from '@jest/globals';
import { clientNames } from '../../src/http/read-your-writes.js';

const names = (ip: string, headers: Readonly<Record<string, string>> = {}) =>
  clientNames({ headers, ip });

describe('a client', () => {
  it.each([
    ['10.0.0.9', '10.0.0.9'],
    ['192.0.2.7', '192.0.2.7:51234'],
    ['192.0.2.7', '::ffff:192.0.2.7'],
    ['2001:db8::1', '[2001:DB8::1]:51234'],
    ['2001:db8::1', '2001:db8::1'],
    ['unknown', 'unknown'],
  ])('at %s is known by its address: %s', (address, ip) => {
    expect(names(ip)).toEqual([address]);
  });

  it('is not known by what it says itself of its address', () => {
    expect(names('10.0.0.9', { 'x-forwarded-for': '192.0.2.7' })).toEqual(['10.0.0.9']);
  });

  it('is the same through a dual-stack socket', () => {
    expect(names('::ffff:10.0.0.9')).toEqual(names('10.0.0.9'));
  });

  it('is also known by what it authenticates with, which is not kept as it is', () => {
    const [address, credentials, ...others] = names('10.0.0.9', {
      authorization: 'Bearer unguessable',
    });
    expect([address, others]).toEqual(['10.0.0.9', []]);
    expect(credentials).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    expect(names('10.0.0.9', { authorization: 'Bearer other' })[1]).not.toBe(credentials);
    expect(names('10.9.9.9', { authorization: 'Bearer unguessable' })[1]).toBe(credentials);
  });
});
