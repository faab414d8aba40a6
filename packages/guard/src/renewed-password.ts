import type { Dsn } from './dsn.js';
import { Secret } from '@holdfast/core/secret';

/** The last that was read of each connection string whose password is in a file. */
const latest = new WeakMap<Dsn, Secret>();
/** Who is told that a file names another place than at the start, for each connection string. */
const listeners = new WeakMap<Dsn, () => void>();
/** Connection strings of which that has been told. */
const told = new WeakSet<Dsn>();
/** Those of all connection strings that were read since the start, the newest last. */
const read: Secret[] = [];
/** Tokens may change every few minutes; what has been refused for hours is no secret any more. */
const MOST_KEPT = 100;

/**
 * The password for a login now: one from a file is read again, so that it can be changed without a
 * restart. Where the file cannot be read, or holds nothing usable, the last one goes on.
 */
export async function currentPassword(dsn: Dsn): Promise<string> {
  const renewed = await dsn.renew?.().catch(() => undefined);
  if (renewed === 'moved') {
    if (!told.has(dsn)) listeners.get(dsn)?.();
    told.add(dsn);
  } else if (renewed) {
    told.delete(dsn);
    remember(dsn, renewed);
  }
  return knownPassword(dsn)?.reveal() ?? '';
}

function remember(dsn: Dsn, renewed: Secret): void {
  if (knownPassword(dsn)?.reveal() !== renewed.reveal()) rememberSecrets([renewed]);
  latest.set(dsn, renewed);
}

/** Has them masked as those of the start are. */
export function rememberSecrets(renewed: readonly Secret[]): void {
  read.push(...renewed);
  read.splice(0, Math.max(0, read.length - MOST_KEPT));
}

/** Passwords that were read since the start; they have to be masked as those of the start are. */
export function renewedPasswords(): readonly Secret[] {
  return read;
}

/** Calls back when the file names another user, host or database than at the start; once each time. */
export function onMoved(dsn: Dsn, listener: () => void): void {
  listeners.set(dsn, listener);
}

/** The password that was used last. */
export function knownPassword(dsn: Dsn): Secret | undefined {
  return latest.get(dsn) ?? dsn.password;
}

/** The connection string with a password that is read again from the file. */
export function renewing(dsn: Dsn, read: () => Promise<Dsn | Secret | undefined>): Dsn {
  const renew = async () => {
    const found = await read();
    if (found === undefined || found instanceof Secret) return found;
    const isSame = JSON.stringify(placeOf(found)) === JSON.stringify(placeOf(dsn));
    // Anything else than another password is another database, or another role: not without a restart.
    return isSame ? found.password : 'moved';
  };
  return Object.freeze({ ...dsn, renew });
}

function placeOf({ user, hosts, database }: Dsn): readonly unknown[] {
  return [user, hosts, database];
}
