/** Why a REDIS_URL must not reach the driver; it holds no part of the value. */
export interface RedisUrlFault {
  readonly code: 'DSN_PASSWORD_NOT_ENCODED' | 'SETTING_INVALID';
  readonly message: string;
  readonly fix: string;
}

const FORM = 'redis://:PASSWORD@HOST:6379/0 or redis://USER:PASSWORD@HOST:6379/0';

const NOT_ENCODED: RedisUrlFault = {
  code: 'DSN_PASSWORD_NOT_ENCODED',
  message: 'holds a character in its user or password that a URL needs for itself',
  fix: `Percent-encode user and password in ${FORM}: @ as %40, : as %3A, # as %23, / as %2F, ? as %3F, % as %25.`,
};
const NO_PASSWORD: RedisUrlFault = {
  code: 'SETTING_INVALID',
  message: 'has a user, but no password: a password alone has a colon before it',
  fix: `Write ${FORM}.`,
};

/**
 * What most probably is wrong with a text that is no URL of a Redis, though it begins like one. A
 * character that ends the password early leaves the @ behind it, in what then looks like a port, a path
 * or a parameter.
 */
export function unencodedIn(text: string): RedisUrlFault | undefined {
  const [, rest] = /^\s*rediss?:\/\/(.*)$/is.exec(text) ?? [];
  const credentials = rest?.slice(0, Math.max(0, rest.lastIndexOf('@'))) ?? '';
  return /[@#/?\s"<>\\^`{|}]/.test(credentials) || !isDecodable(credentials)
    ? NOT_ENCODED
    : undefined;
}

/** A password that was taken for the user: `redis://PASSWORD@HOST`. */
export function passwordlessIn(url: string): RedisUrlFault | undefined {
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
