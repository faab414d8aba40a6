import type { ReasonCode } from '../reasons.js';

/** What a driver's error means to an operator. */
export interface Fault {
  readonly code: ReasonCode;
  /** Worth trying again: the server may be starting, failing over, or briefly full. */
  readonly transient: boolean;
  /** Where no code of the catalogue says what it is. */
  readonly sqlstate?: string;
}

const DISK_FULL = '53100';
const ENDED: Fault = { code: 'POSTGRES_CONNECTION_ENDED', transient: true };

const SQLSTATE: Readonly<Record<string, Fault>> = {
  '28P01': { code: 'POSTGRES_AUTH_FAILED', transient: false },
  '28000': { code: 'POSTGRES_AUTH_FAILED', transient: false },
  '3F000': { code: 'POSTGRES_SCHEMA_MISSING', transient: false },
  '3D000': { code: 'POSTGRES_DATABASE_MISSING', transient: false },
  '53300': { code: 'POSTGRES_TOO_MANY_CONNECTIONS', transient: true },
  [DISK_FULL]: { code: 'POSTGRES_DISK_FULL', transient: false },
  '25006': { code: 'POSTGRES_READ_ONLY', transient: false },
  '42501': { code: 'POSTGRES_READ_ONLY', transient: false },
  '55P03': { code: 'POSTGRES_LOCK_TIMEOUT', transient: true },
  '57014': { code: 'POSTGRES_STATEMENT_CANCELLED', transient: true },
  '57P01': ENDED,
  '57P02': ENDED,
  '57P04': ENDED,
  '57P05': ENDED,
};

/** What a server or a pooler says that is not ready to take connections: 08, and 57P03. */
const NOT_READY = /^(08|57P03)/;
/** Classes of what may pass: resources, locks, the operator, the system. */
const PASSING = /^(40|53|55|57|58|XX)/;

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
  return SQLSTATE[code] ?? unforeseen(code);
}

/** An answer is not silence, even one that nobody has foreseen. */
function unforeseen(code: string): Fault {
  if (!isSqlState(code) || NOT_READY.test(code))
    return { code: 'POSTGRES_UNREACHABLE', transient: true };
  return { code: 'POSTGRES_REFUSED', transient: PASSING.test(code), sqlstate: code };
}

/** An SQLSTATE never begins with E, as the codes of Node do (`EPIPE`). */
function isSqlState(code: string): boolean {
  return /^(?!E)[0-9A-Z]{5}$/.test(code);
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

/** Whether a statement took longer than it may, or was cancelled. */
export function isStatementTimeout(error: unknown): boolean {
  return errorFields(error).code === '57014';
}

/**
 * Whether a connection is of no more use after the server has said this: it ends the session, it is
 * confused, or it has become read-only, as a primary does that others have taken over from.
 * @param message an ErrorResponse; without an SQLSTATE it was made up by a parser that lost its way
 */
export function spoilsConnection(message: { severity?: string; code?: string }): boolean {
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
