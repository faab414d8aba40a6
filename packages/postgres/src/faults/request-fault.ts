import { isSqlState } from '@holdfast/core/server-message';
import type { ReasonCode } from '@holdfast/core/reasons';
import { errorFields, isBusy, isStatementTimeout, sqliteFault } from './faults.js';
import { isRefusedAsRetired } from '../sqlite/sqlite-retirement.js';
import { requestCodeOf } from './sqlstate.js';
import { isNotStoredError } from '../database/assert-stored.js';

/** A statement was under way on a connection that is no more. */
const ENDED = /^(ECONNRESET|ECONNABORTED|EPIPE)$/;
const ENDED_MESSAGE = /Connection terminated|not queryable/i;
const UNREACHABLE = /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;
/** The bound of a statement, which the server should have held by itself. */
const LATE = /^ETIMEDOUT$/;
const LATE_MESSAGE = /timeout expired|timeout exceeded|read timeout/i;
const NOT_IN_SCHEMA =
  /no such (table|column)|has no column named|ON CONFLICT clause does not match any/;

/**
 * The cause of a request's failure, as its database has told it.
 * @returns undefined where it is no database that has failed
 */
export function requestFault(error: unknown): ReasonCode | undefined {
  const { code, message } = errorFields(error);
  if (isRefusedAsRetired(error)) return 'SQLITE_SOURCE_RETIRED';
  if (code.startsWith('SQLITE_')) return sqliteRequestFault(error, code, message);
  if (isNotStoredError(error)) return 'WRITE_NOT_STORED';
  if (isCancelledByDeadline(error)) return 'DATABASE_UNAVAILABLE';
  if (isSqlState(code)) return requestCodeOf(code);
  if (ENDED.test(code) || ENDED_MESSAGE.test(message)) return 'POSTGRES_CONNECTION_ENDED';
  if (UNREACHABLE.test(code)) return 'POSTGRES_UNREACHABLE';
  if (LATE.test(code) || LATE_MESSAGE.test(message)) return 'DATABASE_UNAVAILABLE';
  return undefined;
}

/** Nobody else has cancelled it, and the server was not the one to give it up. */
function isCancelledByDeadline(error: unknown): boolean {
  return isStatementTimeout(error) && (error as { readonly isCutShort?: true }).isCutShort === true;
}

function sqliteRequestFault(error: unknown, code: string, message: string): ReasonCode {
  if (isBusy(error)) return 'SQLITE_LOCK_TIMEOUT';
  if (code === 'SQLITE_CONSTRAINT_CHECK') return 'SCHEMA_INCOMPATIBLE';
  if (code.startsWith('SQLITE_CONSTRAINT')) return 'INTERNAL_ERROR';
  if (code === 'SQLITE_ERROR') {
    return NOT_IN_SCHEMA.test(message) ? 'SCHEMA_INCOMPATIBLE' : 'INTERNAL_ERROR';
  }
  return sqliteFault(error).code;
}
