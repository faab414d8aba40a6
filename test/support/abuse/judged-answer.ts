import { expect } from '@jest/globals';
import type { RawAnswer } from './exchange.js';
import { leaksIn } from './leaks.js';

/** Of answers that are no pages. */
const NOTHING = "default-src 'none'; frame-ancestors 'none'";

/** What says how to be let in by a token. */
const CHALLENGES: Readonly<Record<number, RegExp>> = {
  401: /^Bearer(?: error="invalid_token")?$/,
  403: /^(?:Bearer error="insufficient_scope", scope="[a-z]+:[a-z]+")?$/,
};

/** And by a password in a form. */
const BY_PASSWORD = /^Form realm="ingest", field="password"$/;

/** Null for what is no error. */
export function codeOf(answer: RawAnswer | undefined): string | null | undefined {
  if (!answer || answer.status < 400 || answer.body === '') return answer && null;
  return (JSON.parse(answer.body) as { readonly code: string }).code;
}

/**
 * Holds an answer against what any answer has to be, and an error against what errors are.
 * @param sent the request, of which an answer may repeat something
 * @param policy of what is no error
 */
export function expectForm(answer: RawAnswer, sent: string, policy: string = NOTHING): void {
  const { status, headers, body } = answer;
  expect(leaksIn(answer, decodeURIComponentOf(sent))).toEqual([]);
  expect(headers.get('x-correlation-id')).toMatch(/^[\w.:@/+=-]{1,128}$/);
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('content-security-policy')).toBe(status < 400 ? policy : NOTHING);
  expect(headers.has('set-cookie')).toBe(false);
  expect(headers.has('access-control-allow-origin')).toBe(false);
  if (status < 400) return;
  const challenge = codeOf(answer) === 'INGEST_PASSWORD_INVALID' ? BY_PASSWORD : CHALLENGES[status];
  expect(headers.get('www-authenticate') ?? '').toMatch(challenge ?? /^$/);
  expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  expect(JSON.parse(body)).toMatchObject({
    status,
    correlation_id: headers.get('x-correlation-id'),
  });
}

/** What was sent, also as an answer may write it that has read its escapes. */
function decodeURIComponentOf(sent: string): string {
  return (
    sent +
    sent.replaceAll(/%([\da-f]{2})/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
  );
}
