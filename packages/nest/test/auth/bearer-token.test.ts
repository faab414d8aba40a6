import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { readBearerToken } from '../../src/auth/bearer-token.js';

/** As Node reads it: of several headers the first counts. */
function requestWith(...values: readonly string[]): IncomingMessage {
  const rawHeaders = values.flatMap((value) => ['Authorization', value]);
  const headers = values.length === 0 ? {} : { authorization: values[0] };
  return { headers, rawHeaders: ['Host', 'h', ...rawHeaders] } as unknown as IncomingMessage;
}

describe('readBearerToken', () => {
  it.each([
    ['Bearer a.b.c', 'a.b.c'],
    ['bearer a.b.c', 'a.b.c'],
    ['BEARER a.b.c', 'a.b.c'],
    ['Bearer   a.b.c', 'a.b.c'],
    ['Bearer a-b_c~d+e/f==', 'a-b_c~d+e/f=='],
    [`Bearer ${'a'.repeat(8192)}`, 'a'.repeat(8192)],
  ])('%j holds a token', (value, token) => {
    expect(readBearerToken(requestWith(value))).toBe(token);
  });

  it.each([[[]], [['Basic YTpi']], [['Digest username="a"']], [['Negotiate']], [['bearerer a']]])(
    'there is none in %j',
    (values) => {
      expect(() => readBearerToken(requestWith(...values))).toThrow(
        expect.objectContaining({ code: 'TOKEN_MISSING', challenge: 'Bearer' }),
      );
    },
  );

  it.each([
    [['']],
    [['Bearer']],
    [['Bearer ']],
    [['Bearer\ta.b.c']],
    [['Bearer a.b.c d']],
    [['Bearer a.b.c,Bearer d']],
    [['Bearer "a.b.c"']],
    [['Bearer a.b.c=x']],
    [['Bearer a\u00e9']],
    [[' Bearer a.b.c']],
    [[`Bearer ${'a'.repeat(8193)}`]],
    [['Bearer a.b.c', 'Bearer d.e.f']],
    [['Bearer a.b.c', 'Bearer a.b.c']],
    [['Basic YTpi', 'Bearer a.b.c']],
  ])('%j is not to be guessed at', (values) => {
    expect(() => readBearerToken(requestWith(...values))).toThrow(
      expect.objectContaining({ code: 'TOKEN_INVALID' }),
    );
  });
});
