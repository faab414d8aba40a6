import { describe, expect, it } from '@jest/globals';
import { clientNames } from '../../../src/http/read-your-writes.js';

const names = (headers: Readonly<Record<string, string>>, remoteAddress = '10.0.0.9') =>
  clientNames({ headers, socket: { remoteAddress } });

describe('a client', () => {
  it.each([
    ['10.0.0.9', {}],
    ['192.0.2.7', { 'x-forwarded-for': '192.0.2.7' }],
    ['192.0.2.7', { 'x-forwarded-for': ' 192.0.2.7 , 10.0.0.1, 10.0.0.2' }],
    ['192.0.2.7', { 'x-forwarded-for': '192.0.2.7:51234' }],
    ['192.0.2.7', { 'x-forwarded-for': '::ffff:192.0.2.7' }],
    ['2001:db8::1', { 'x-forwarded-for': '[2001:DB8::1]:51234' }],
    ['2001:db8::1', { 'x-forwarded-for': '2001:db8::1' }],
    ['10.0.0.9', { 'x-forwarded-for': '' }],
    ['unknown', { 'x-forwarded-for': 'unknown' }],
  ])('at %s is known by its address: %j', (address, headers) => {
    expect(names(headers)).toEqual([address]);
  });

  it('is the same through a dual-stack socket', () => {
    expect(names({}, '::ffff:10.0.0.9')).toEqual(names({}, '10.0.0.9'));
  });

  it('is also known by what it authenticates with, which is not kept as it is', () => {
    const [address, credentials, ...others] = names({ authorization: 'Bearer unguessable' });
    expect([address, others]).toEqual(['10.0.0.9', []]);
    expect(credentials).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    expect(names({ authorization: 'Bearer other' })[1]).not.toBe(credentials);
    expect(names({ authorization: 'Bearer unguessable' }, '10.9.9.9')[1]).toBe(credentials);
  });
});
