import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { accessOf, RequiresScope } from '../../src/auth/access.js';
import type { OperatorSessions } from '../../src/auth/operator-sessions.js';
import {
  assertCsrf,
  assertCsrfField,
  assertOwnOrigin,
  cookieOf,
} from '../../src/auth/session-cookie.js';

const sessions: OperatorSessions = {
  isLive: () => true,
  csrfToken: (session) => `of ${session}`,
  isCsrfToken: (session, token) => token === `of ${session}`,
};
const refused = expect.objectContaining({ code: 'CSRF_TOKEN_INVALID' });

class Pages {
  @RequiresScope('orders:write', { isForm: true })
  save(): void {
    /* It is only asked who may ask for it. */
  }
}
const form = accessOf(Object.getOwnPropertyDescriptor(Pages.prototype, 'save')?.value as object);

function request(method: string, headers: Readonly<Record<string, string>> = {}): IncomingMessage {
  const made = new IncomingMessage(new Socket());
  made.method = method;
  Object.assign(made.headers, headers);
  return made;
}

const token = (text: string) => ({ 'x-csrf-token': text });

describe('a request by a cookie', () => {
  it('needs a token of its session where it changes something', () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'QUERY']) {
      const assert = (headers = {}) => {
        assertCsrf(request(method, headers), 's', sessions);
      };
      expect(assert).toThrow(refused);
      expect(() => {
        assert(token('of another'));
      }).toThrow(refused);
      assert(token('of s'));
    }
    for (const method of ['GET', 'HEAD', 'OPTIONS']) assertCsrf(request(method), 's', sessions);
  });

  it('brings it in a field where the route takes a form', () => {
    expect(form).toEqual({ kind: 'scope', scope: 'orders:write', isForm: true });
    const sent = request('POST');
    assertCsrf(sent, 's', sessions, form);
    for (const body of [undefined, 'of s', {}, { csrf_token: ['of s'] }, { csrf_token: 'of t' }]) {
      expect(() => {
        assertCsrfField(sent, body, sessions);
      }).toThrow(refused);
    }
    assertCsrfField(sent, { csrf_token: 'of s' }, sessions);
    // A wrong header is no reason to look further.
    expect(() => {
      assertCsrf(request('POST', token('of t')), 's', sessions, form);
    }).toThrow(refused);
    assertCsrfField(request('POST'), {}, sessions);
  });

  it('comes from a page of the service, as far as the browser says', () => {
    for (const site of ['cross-site', 'same-site', 'anything']) {
      expect(() => {
        assertOwnOrigin(request('POST', { 'sec-fetch-site': site }));
      }).toThrow(refused);
    }
    for (const site of ['same-origin', 'none']) {
      assertOwnOrigin(request('POST', { 'sec-fetch-site': site }));
    }
    assertOwnOrigin(request('POST'));
  });
});

describe('a cookie', () => {
  it.each<[string, string | undefined]>([
    ['a=1', '1'],
    ['b=2; a=1', '1'],
    ['aa=3;a=1;a=2', '1'],
    ['x; =1; a=1=2', '1=2'],
    ['b=a=1', undefined],
    ['', undefined],
    // Browsers take these from a neighbouring host: they do not begin as a cookie of this host alone does.
    ['\u00a0a=1', undefined],
    ['b=2; \u00a0a=1', undefined],
    ['a\u00a0=1', undefined],
    ['b=2;\ta=1;  a=1', undefined],
    ['A=1', undefined],
  ])('is found among others: %j', (header, found) => {
    expect(cookieOf(request('GET', { cookie: header }), 'a')).toBe(found);
  });
});
