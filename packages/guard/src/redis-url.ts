import { type Violation, violation } from './violation.js';

const FORM = 'redis://:PASSWORD@HOST:6379/0 or redis://USER:PASSWORD@HOST:6379/0';

const NOT_ENCODED = violation(
  'DSN_PASSWORD_NOT_ENCODED',
  'REDIS_URL',
  'holds a character in its user or password that a URL needs for itself',
  `Percent-encode user and password in ${FORM}: @ as %40, : as %3A, # as %23, / as %2F, ? as %3F, % as %25.`,
);
const NO_PASSWORD = violation(
  'SETTING_INVALID',
  'REDIS_URL',
  'has a user, but no password: a password alone has a colon before it',
  `Write ${FORM}.`,
);

/** Of the invalid values, with what is wrong with REDIS_URL where that can be told more precisely. */
export function withRedisUrl(
  text: string | undefined,
  invalid: readonly Violation[],
): readonly Violation[] {
  if (text === undefined || text.trim() === '') return invalid;
  const isRead = invalid.every(({ variable }) => variable !== 'REDIS_URL');
  const fault = isRead ? passwordlessIn(text) : unencodedIn(text);
  return fault ? [...invalid.filter(({ variable }) => variable !== 'REDIS_URL'), fault] : invalid;
}

/**
 * What most probably is wrong with a text that is no URL of a Redis, though it begins like one. A
 * character that ends the password early leaves the @ behind it, in what then looks like a port, a path
 * or a parameter.
 */
function unencodedIn(text: string): Violation | undefined {
  const [, rest] = /^\s*rediss?:\/\/(.*)$/is.exec(text) ?? [];
  const credentials = rest?.slice(0, Math.max(0, rest.lastIndexOf('@'))) ?? '';
  const isEncoded = !/[@#/?\s"<>\\^`{|}]/.test(credentials) && isDecodable(credentials);
  return isEncoded ? undefined : NOT_ENCODED;
}

/** A password that was taken for the user: `redis://PASSWORD@HOST`. */
function passwordlessIn(url: string): Violation | undefined {
  const { username, password, searchParams } = new URL(url);
  const isComplete = username === '' || password !== '' || searchParams.has('password');
  return isComplete ? undefined : NO_PASSWORD;
}

/** The printable form: parameters, which can hold a password, are left out. */
export function maskRedisUrl(url: string): string {
  const { protocol, username, password, host, pathname } = new URL(url);
  const user = password === '' && username !== '' ? '***' : username;
  const credentials = password === '' ? user : `${user}:***`;
  return `${protocol}//${credentials}${credentials === '' ? '' : '@'}${host}${pathname}`;
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
