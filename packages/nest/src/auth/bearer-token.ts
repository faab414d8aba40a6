import type { IncomingMessage } from 'node:http';
import { CallerRefused } from './caller-refused.js';

/** More than tokens with dozens of scopes take. */
const MOST_CHARACTERS = 8192;

const BEARER = /^bearer +([\w.~+/-]+=*)$/i;
const OTHER_SCHEME = /^(?!bearer\b)[\w!#$%&'*+.^`|~-]+(?: |$)/i;

/**
 * The token of a request (RFC 6750, section 2.1), of nothing but its one Authorization header.
 * @throws TOKEN_MISSING, TOKEN_INVALID
 */
export function readBearerToken({ headers, rawHeaders }: IncomingMessage): string {
  const { authorization } = headers;
  if (authorization === undefined) throw CallerRefused.missing();
  if (countOf(rawHeaders) > 1) throw CallerRefused.invalid('Authorization is given twice');
  if (OTHER_SCHEME.test(authorization)) throw CallerRefused.missing();
  const [, token] = BEARER.exec(authorization) ?? [];
  if (token === undefined) throw CallerRefused.invalid('Authorization is not `Bearer TOKEN`');
  if (token.length > MOST_CHARACTERS) throw CallerRefused.invalid('it is too long');
  return token;
}

/** Node keeps the first of several, and says nothing of the others. */
function countOf(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (name.length === 13 && name.toLowerCase() === 'authorization') count += 1;
  }
  return count;
}
