import { judgeDsn, maskDsn } from './dsn.js';
import type { Variable } from './variable.js';

const MASK = '***';

/** A secret as it may be shown: of a URL that can be read all but the password, else nothing of it. */
export function maskSecret(text: string, { verbatim }: Variable): string {
  if (verbatim) return MASK;
  if (/^\s*rediss?:/i.test(text)) return maskRedis(text);
  const masked = text.split(/,(?=\s*postgres(?:ql)?:\/\/)/i).map(maskPostgres);
  return masked.some((each) => each === undefined) ? MASK : masked.join(',');
}

function maskPostgres(text: string): string | undefined {
  const verdict = judgeDsn(text.trim());
  return 'dsn' in verdict ? maskDsn(verdict.dsn) : undefined;
}

function maskRedis(text: string): string {
  if (!URL.canParse(text.trim())) return MASK;
  const { protocol, username, password, host, pathname, search } = new URL(text.trim());
  const isGiven = password !== '' || new URLSearchParams(search).has('password');
  // A user alone may be a password in the wrong place.
  const shown = password === '' ? MASK : `${username}:${MASK}`;
  const credentials = username !== '' || isGiven ? `${shown}@` : '';
  return `${protocol}//${credentials}${host}${pathname}`;
}
