import type { ServerResponse } from 'node:http';
import { SESSION_COOKIE } from '../auth/session-cookie.js';
import { KNOWN_SECONDS } from './known-browsers.js';
import type { LoggedIn } from './login.js';
import { TOKEN_SECONDS } from './token-issuer.js';

/**
 * Renews a session. `__Host-` has it sent everywhere, and keeps a neighbouring host from having a browser go on with
 * the session of somebody else.
 */
export const REFRESH_COOKIE = '__Host-holdfast-refresh';
/** By which a browser is known again at its next log-in. */
export const MARK_COOKIE = '__Host-holdfast-browser';

/** Of the form of a log-in, whose field it has to fit. */
export const FORM_COOKIE = '__Host-holdfast-form';
const FORM_SECONDS = 3600;

/** What a browser goes on with. Each cookie is kept from scripts, from other sites and from what is not encrypted. */
export function setCookies(response: ServerResponse, loggedIn: LoggedIn): void {
  const { accessToken, refreshToken, until, mark } = loggedIn;
  const leftSeconds = Math.max(0, Math.floor((until - Date.now()) / 1000));
  set(response, SESSION_COOKIE, accessToken, Math.min(TOKEN_SECONDS, leftSeconds));
  set(response, REFRESH_COOKIE, refreshToken, leftSeconds);
  if (mark !== undefined) set(response, MARK_COOKIE, mark, KNOWN_SECONDS);
}

export function setFormCookie(response: ServerResponse, id: string): void {
  set(response, FORM_COOKIE, id, FORM_SECONDS);
}

/** The browser stays known. */
export function clearCookies(response: ServerResponse): void {
  set(response, SESSION_COOKIE, '', 0);
  set(response, REFRESH_COOKIE, '', 0);
}

function set(response: ServerResponse, name: string, value: string, seconds: number): void {
  const attributes = `Path=/; Max-Age=${seconds}; HttpOnly; Secure; SameSite=Strict`;
  response.appendHeader('set-cookie', `${name}=${value}; ${attributes}`);
}
