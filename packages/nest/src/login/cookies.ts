import type { ServerResponse } from 'node:http';
import { SESSION_COOKIE } from '../auth/session-cookie.js';
import { KNOWN_SECONDS } from './known-browsers.js';
import type { LoggedIn } from './login.js';
import { TOKEN_SECONDS } from './token-issuer.js';

/** Renews a session; sent to nothing but the API of log-ins. */
export const REFRESH_COOKIE = '__Secure-holdfast-refresh';
/** By which a browser is known again at its next log-in. */
export const MARK_COOKIE = '__Host-holdfast-browser';

/** Of the form of a log-in, whose field it has to fit. */
export const FORM_COOKIE = '__Host-holdfast-form';
const FORM_SECONDS = 3600;

const EVERYWHERE = '/';
const API = '/api';

/** What a browser goes on with. Each cookie is kept from scripts, from other sites and from what is not encrypted. */
export function setCookies(response: ServerResponse, loggedIn: LoggedIn): void {
  const { accessToken, refreshToken, until, mark } = loggedIn;
  const leftSeconds = Math.max(0, Math.floor((until - Date.now()) / 1000));
  set(response, SESSION_COOKIE, accessToken, EVERYWHERE, Math.min(TOKEN_SECONDS, leftSeconds));
  set(response, REFRESH_COOKIE, refreshToken, API, leftSeconds);
  if (mark !== undefined) set(response, MARK_COOKIE, mark, EVERYWHERE, KNOWN_SECONDS);
}

export function setFormCookie(response: ServerResponse, id: string): void {
  set(response, FORM_COOKIE, id, EVERYWHERE, FORM_SECONDS);
}

/** The browser stays known. */
export function clearCookies(response: ServerResponse): void {
  set(response, SESSION_COOKIE, '', EVERYWHERE, 0);
  set(response, REFRESH_COOKIE, '', API, 0);
}

function set(
  response: ServerResponse,
  name: string,
  value: string,
  path: string,
  seconds: number,
): void {
  const attributes = `Path=${path}; Max-Age=${seconds}; HttpOnly; Secure; SameSite=Strict`;
  response.appendHeader('set-cookie', `${name}=${value}; ${attributes}`);
}
