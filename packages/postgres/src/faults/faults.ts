import type { ReasonCode } from '@holdfast/core/reasons';
import { isSqlState } from '@holdfast/core/server-message';
import { DISK_FULL, isTransient, meaningOf } from './sqlstate.js';
import { tlsFault } from './tls-fault.js';
import '../reasons.js';

/** What a driver's error means to an operator. */
export interface Fault {
  readonly code: ReasonCode;
  /** Worth trying again: the server may be starting, failing over, or briefly full. */
  readonly transient: boolean;
  /** Where no code of the catalogue says what it is. */
  readonly sqlstate?: string;
  /** What of its encryption failed, and what to do; for operators. */
  readonly tls?: string;
}

const TLS_CODE =
  /^(ERR_TLS|ERR_SSL|ERR_OSSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|EPROTO)/;
const TLS_MESSAGE =
  /does not support SSL|SSL\/TLS|certificate|no encryption|SSL off|SSL (connection )?(is )?required|connection is insecure|channel binding/i;

/** `pg`'s errors, from connecting or from a statement of a command. */
export function postgresFault(error: unknown): Fault {
  const { code, message } = errorFields(error);
  const known = meaningOf(code);
  if (TLS_CODE.test(code) || (!known?.transient && TLS_MESSAGE.test(message))) {
    const tls = tlsFault(code, message);
    return { code: 'POSTGRES_TLS_FAILED', transient: false, ...(tls !== undefined && { tls }) };
  }
  // pg refuses by itself to log in without the password that the server asks for.
  if (message.includes('password must be'))
    return { code: 'POSTGRES_AUTH_FAILED', transient: false };
  // The one that can be written to may be on its way.
  if (error instanceof Error && error.name === 'WrongServerRole')
    return { code: 'POSTGRES_READ_ONLY', transient: true };
  if (error instanceof Error && error.name === 'WrongDatabase')
    return { code: 'DATABASE_IDENTITY_MISMATCH', transient: false };
  if (known) return known;
  // An answer is not silence, even one that nobody has foreseen.
  return isSqlState(code)
    ? { code: 'POSTGRES_REFUSED', transient: isTransient(code), sqlstate: code }
    : { code: 'POSTGRES_UNREACHABLE', transient: true };
}

/** better-sqlite3's errors. */
export function sqliteFault(error: unknown): Fault {
  const { code } = errorFields(error);
  if (code.startsWith('SQLITE_READONLY') || code === 'SQLITE_FULL') {
    return { code: 'SQLITE_READ_ONLY', transient: false };
  }
  return { code: 'SQLITE_UNAVAILABLE', transient: isBusy(error) };
}

/** Whether PostgreSQL, or a pooler before it, ended the connection, or could not be talked to. */
export function isDisconnected(error: unknown): boolean {
  const { code, message } = errorFields(error);
  return (
    /^(08|57P|ECONN|EPIPE|ETIMEDOUT)/.test(code) ||
    /Connection terminated|not queryable/i.test(message)
  );
}

/** Whether a statement took longer than it may, or was cancelled. */
export function isStatementTimeout(error: unknown): boolean {
  return errorFields(error).code === '57014';
}

/**
 * Whether a connection is of no more use after the server has said this: it ends the session, it is
 * confused, or it has become read-only, as a primary does that others have taken over from.
 * @param message an ErrorResponse; without an SQLSTATE it was made up by a parser that lost its way
 */
export function breaksConnection(message: { severity?: string; code?: string }): boolean {
  const { severity, code } = message;
  return code === undefined || /FATAL|PANIC/.test(severity ?? '') || /^(08|57P|25006)/.test(code);
}

/**
 * Whether the database refused a statement and undid it, on a connection that is still good: the
 * fault is in what was sent, or in what it met. 40003 says that the outcome is unknown.
 */
export function isRolledBack(error: unknown): boolean {
  const { code } = errorFields(error);
  return isSqlState(code) && !/^(08|53|57P|40003)/.test(code);
}

/**
 * Whether PostgreSQL refused a statement, and undid it, for what is in the rows it was to write: values,
 * constraints, sizes, what a trigger raises. Without those rows it may do the rest.
 */
export function isItemError(error: unknown): boolean {
  const { code } = errorFields(error);
  return isSqlState(code) && /^(21|22|23|44|54|P0)/.test(code);
}

/**
 * Whether a statement failed because another transaction took a unique key. On SQLite there is one
 * writer, so that one can look before.
 * @param table only a key of that table
 */
export function isUniqueViolation(error: unknown, table?: string): boolean {
  if (errorFields(error).code !== '23505') return false;
  return table === undefined || (error as { readonly table?: unknown }).table === table;
}

/** Whether PostgreSQL had no space to write to. */
export function isDiskFull(error: unknown): boolean {
  return errorFields(error).code === DISK_FULL;
}

/** Whether another process has the lock of an SQLite file. */
export function isBusy(error: unknown): boolean {
  return errorFields(error).code.startsWith('SQLITE_BUSY');
}

/** Of a driver's error, or of one that TypeORM has made of it; of several, of the first. */
export function errorFields(error: unknown): { code: string; message: string } {
  if (typeof error !== 'object' || error === null) return { code: '', message: '' };
  const { code, message, errors } = error as {
    code?: unknown;
    message?: unknown;
    errors?: unknown;
  };
  if (Array.isArray(errors) && errors.length > 0) return errorFields(errors[0]);
  return {
    code: typeof code === 'string' ? code : '',
    message: typeof message === 'string' ? message : '',
  };
}
