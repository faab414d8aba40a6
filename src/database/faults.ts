import type { ReasonCode } from '../reasons.js';

/** What a driver's error means to an operator. */
export interface Fault {
  readonly code: ReasonCode;
  /** Worth trying again: the server may be starting, failing over, or briefly full. */
  readonly transient: boolean;
}

const SQLSTATE: Readonly<Record<string, Fault>> = {
  '28P01': { code: 'POSTGRES_AUTH_FAILED', transient: false },
  '28000': { code: 'POSTGRES_AUTH_FAILED', transient: false },
  '3D000': { code: 'POSTGRES_DATABASE_MISSING', transient: false },
  '53300': { code: 'POSTGRES_TOO_MANY_CONNECTIONS', transient: true },
  '25006': { code: 'POSTGRES_READ_ONLY', transient: false },
  '42501': { code: 'POSTGRES_READ_ONLY', transient: false },
};

const TLS_CODE =
  /^(ERR_TLS|ERR_SSL|ERR_OSSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|EPROTO)/;
const TLS_MESSAGE = /does not support SSL|SSL\/TLS|certificate|no encryption/i;

/** `pg`'s errors, from connecting or from a statement. */
export function postgresFault(error: unknown): Fault {
  const { code, message } = errorFields(error);
  if (TLS_CODE.test(code) || (!SQLSTATE[code]?.transient && TLS_MESSAGE.test(message))) {
    return { code: 'POSTGRES_TLS_FAILED', transient: false };
  }
  // pg refuses by itself to log in without the password that the server asks for.
  if (message.includes('password must be'))
    return { code: 'POSTGRES_AUTH_FAILED', transient: false };
  return SQLSTATE[code] ?? { code: 'POSTGRES_UNREACHABLE', transient: true };
}

/** better-sqlite3's errors. */
export function sqliteFault(error: unknown): Fault {
  const { code } = errorFields(error);
  if (code.startsWith('SQLITE_READONLY') || code === 'SQLITE_FULL') {
    return { code: 'SQLITE_READ_ONLY', transient: false };
  }
  return { code: 'SQLITE_UNAVAILABLE', transient: isBusy(error) };
}

/** Whether a statement failed because its connection or server went away, not because of itself. */
export function isUnavailable(error: unknown): boolean {
  const { code, message } = errorFields(error);
  return (
    /^(08|53|57P|57014|55P03|40001|40P01|25006|28|3D000)/.test(code) ||
    /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|SQLITE_BUSY|SQLITE_FULL|SQLITE_IOERR)/.test(
      code,
    ) ||
    /Connection terminated|timeout expired|timeout exceeded|not queryable/i.test(message)
  );
}

/** Whether PostgreSQL, or a pooler before it, ended the connection, or could not be talked to. */
export function isDisconnected(error: unknown): boolean {
  const { code, message } = errorFields(error);
  return (
    /^(08|57P|ECONN|EPIPE|ETIMEDOUT)/.test(code) ||
    /Connection terminated|not queryable/i.test(message)
  );
}

/**
 * Whether the database refused a statement and undid it, on a connection that is still good: the
 * fault is in what was sent, or in what it met. An SQLSTATE never begins with E, as the codes of
 * Node do (`EPIPE`); 40003 says that the outcome is unknown.
 */
export function isRolledBack(error: unknown): boolean {
  const { code } = errorFields(error);
  return /^(?!E|08|53|57P|40003)[0-9A-Z]{5}$/.test(code);
}

/**
 * Whether a statement failed because another transaction took a unique key. On SQLite there is one
 * writer, so that one can look before.
 */
export function isUniqueViolation(error: unknown): boolean {
  return errorFields(error).code === '23505';
}

/** Whether another process has the lock of an SQLite file. */
export function isBusy(error: unknown): boolean {
  return errorFields(error).code.startsWith('SQLITE_BUSY');
}

function errorFields(error: unknown): { code: string; message: string } {
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
