import { readFile } from 'node:fs/promises';
import type { Dsn } from './dsn.js';
import { Secret } from './secret.js';

/** The last that was read of each connection string whose password is in a file. */
const latest = new WeakMap<Dsn, Secret>();

/** What a secret file holds; exactly one newline at its end is dropped. */
export async function readSecretFile(path: string): Promise<string> {
  return (await readFile(path, 'utf8')).replace(/\r?\n$/, '');
}

/**
 * The password for a log-in now: one from a file is read again, so that it can be changed without a
 * restart. Where the file cannot be read, or holds nothing usable, the last one goes on.
 */
export async function currentPassword(dsn: Dsn): Promise<string> {
  const renewed = await dsn.renew?.().catch(() => undefined);
  if (renewed) latest.set(dsn, renewed);
  return knownPassword(dsn)?.reveal() ?? '';
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
    return isSame ? found.password : undefined;
  };
  return Object.freeze({ ...dsn, renew });
}

function placeOf({ user, hosts, database }: Dsn): readonly unknown[] {
  return [user, hosts, database];
}
