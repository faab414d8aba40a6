import { existsSync } from 'node:fs';
import type { DatabaseSettings } from '@holdfast/guard/databases';
import { maskDsn } from '@holdfast/guard/dsn';
import { renewedPasswords } from '@holdfast/guard/renewed-password';
import { safeServerMessage } from '@holdfast/core/server-message';
import { ReasonError } from '../reasons.js';
import { failureKind } from './failure-kind.js';
import { faultOf } from '../sessions/open-session.js';

/**
 * What to tell, in a log or by a command, of a driver's error that ends what was to be done: the
 * start-up code of what it says, the database by its name and its masked connection string, what
 * kind of failure it is, what to do where its encryption failed, and what the server has said in its own words where they hold no values.
 * Never for an answer to a client: it names hosts and roles.
 */
export function databaseFailure(database: DatabaseSettings, cause: unknown): ReasonError {
  const { code, sqlstate, tls } = faultOf(database, cause);
  const more = tls ?? (sqlstate === undefined ? undefined : `SQLSTATE ${sqlstate}`);
  const said = more === undefined ? '' : `: ${more}`;
  const detail = `${describeDatabase(database)}${said}${describeFailure(database, cause)}`;
  return new ReasonError(code, { detail, cause });
}

/** The kind of the failure and the server's own sentence, behind colons; empty where there are none. */
export function describeFailure(database: DatabaseSettings, cause: unknown): string {
  const error = driverErrorOf(cause);
  const isGone = database.type === 'sqlite' && !existsSync(database.path);
  const kind = isGone ? 'there is no such file' : failureKind(error);
  const parts = [kind, serverMessageOf(database, error)];
  return parts.map((part) => (part === '' ? '' : `: ${part}`)).join('');
}

/** What a driver said, under the reasons that were made of it. */
export function driverErrorOf(error: unknown): unknown {
  let cause = error;
  while (cause instanceof ReasonError && cause.cause !== undefined) cause = cause.cause;
  return cause;
}

/** The database by its name, its stores and, masked, where it is. */
export function describeDatabase(database: DatabaseSettings): string {
  const { name, stores } = database;
  const place = database.type === 'sqlite' ? database.path : maskDsn(database.dsn);
  const holding = stores.length > 0 ? ` (${stores.join(', ')})` : '';
  return `the ${name} database${holding} at ${place}`;
}

/** A server has no reason to repeat a password; one that did would be heard of in the log. */
function serverMessageOf(database: DatabaseSettings, cause: unknown): string {
  const sentence = safeServerMessage(cause);
  if (sentence === undefined) return '';
  const given = database.type === 'sqlite' ? undefined : database.dsn.password;
  const passwords = [...(given ? [given] : []), ...renewedPasswords()];
  const masked = passwords.reduce((text, password) => {
    const secret = password.reveal();
    return secret === '' ? text : text.replaceAll(secret, '***');
  }, sentence);
  return `the server says "${masked}"`;
}
