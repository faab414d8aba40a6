import type { IncomingMessage } from 'node:http';
import { ReasonError } from '../reasons.js';
import type { Access } from './access.js';
import type { OperatorSessions } from './operator-sessions.js';

/** With the token of an operator, for pages: `__Host-` has browsers keep it for this host alone. */
export const SESSION_COOKIE = '__Host-holdfast-session';
/** By which a request that changes something says that it comes from a page of this service. */
export const CSRF_HEADER = 'x-csrf-token';
/** The same in a form. */
export const CSRF_FIELD = 'csrf_token';

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Requests whose form has to hold a token, by the session that it has to be of. */
const unproven = new WeakMap<IncomingMessage, string>();

/**
 * A cookie of a request; of several of one name the first, which is the one with the longest path. Nothing but the one
 * blank between two cookies is cut off: what else counts as a blank in JavaScript would make another name, which a
 * browser takes from a neighbouring host, look like one that begins with `__Host-`.
 */
export function cookieOf({ headers }: IncomingMessage, name: string): string | undefined {
  const beginning = `${name}=`;
  for (const part of (headers.cookie ?? '').split(';')) {
    const cookie = part.startsWith(' ') ? part.slice(1) : part;
    if (cookie.startsWith(beginning)) return cookie.slice(beginning.length);
  }
  return undefined;
}

/**
 * A browser sends its cookies with whatever a page asks for: what changes something has to come from a page that
 * has been given a token. A form's is judged once its body has been read (`assertCsrfField`).
 * @throws CSRF_TOKEN_INVALID
 */
export function assertCsrf(
  request: IncomingMessage,
  session: string,
  sessions: OperatorSessions,
  access?: Access,
): void {
  if (SAFE.has(request.method ?? '')) return;
  const token = request.headers[CSRF_HEADER];
  if (token === undefined && access?.isForm) unproven.set(request, session);
  else if (typeof token !== 'string' || !sessions.isCsrfToken(session, token)) {
    throw new ReasonError('CSRF_TOKEN_INVALID');
  }
}

/** @throws CSRF_TOKEN_INVALID */
export function assertCsrfField(
  request: IncomingMessage,
  body: unknown,
  sessions: OperatorSessions | null,
): void {
  const session = unproven.get(request);
  if (session === undefined) return;
  const { [CSRF_FIELD]: token } = Object(body) as { readonly [CSRF_FIELD]?: unknown };
  if (typeof token !== 'string' || !sessions?.isCsrfToken(session, token)) {
    throw new ReasonError('CSRF_TOKEN_INVALID');
  }
}

/**
 * For what a cookie alone lets in: browsers say where a request comes from.
 * @throws CSRF_TOKEN_INVALID for one of another origin
 */
export function assertOwnOrigin({ headers }: IncomingMessage): void {
  const site = headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return;
  throw new ReasonError('CSRF_TOKEN_INVALID', { detail: 'it comes from a page of another origin' });
}
