import type { ReasonCode } from '@holdfast/core/reasons';
import '../reasons.js';

/** What an SQLSTATE means to an operator. */
export interface Meaning {
  readonly code: ReasonCode;
  /** Worth trying again: the server may be starting, failing over, or briefly full. */
  readonly transient: boolean;
}

const ENDED: Meaning = { code: 'POSTGRES_CONNECTION_ENDED', transient: true };
const NOT_READY: Meaning = { code: 'POSTGRES_UNREACHABLE', transient: true };
const LOCKED: Meaning = { code: 'POSTGRES_LOCK_TIMEOUT', transient: true };
const CANCELLED: Meaning = { code: 'POSTGRES_STATEMENT_CANCELLED', transient: true };
const NO_LOGIN: Meaning = { code: 'POSTGRES_AUTH_FAILED', transient: false };
const NO_RIGHT: Meaning = { code: 'POSTGRES_RIGHTS_MISSING', transient: false };
const OUT_OF_RESOURCES: Meaning = { code: 'POSTGRES_OUT_OF_RESOURCES', transient: true };

export const DISK_FULL = '53100';

/** Of a class, unless one of its codes says otherwise. */
const BY_CLASS: Readonly<Record<string, Meaning>> = {
  '08': NOT_READY,
  '28': NO_LOGIN,
  '53': OUT_OF_RESOURCES,
};

const BY_STATE: Readonly<Record<string, Meaning>> = {
  // Others have taken over from this primary, or it was always a standby.
  '25006': { code: 'POSTGRES_READ_ONLY', transient: false },
  // The server has ended the session of a transaction that was idle, or took too long.
  '25P03': ENDED,
  '25P04': CANCELLED,
  '3D000': { code: 'POSTGRES_DATABASE_MISSING', transient: false },
  '3F000': { code: 'POSTGRES_SCHEMA_MISSING', transient: false },
  // A commit that was under way: nobody knows what has become of it.
  '40003': ENDED,
  '42501': NO_RIGHT,
  [DISK_FULL]: { code: 'POSTGRES_DISK_FULL', transient: false },
  '53300': { code: 'POSTGRES_TOO_MANY_CONNECTIONS', transient: true },
  '55P03': LOCKED,
  '57014': CANCELLED,
  '57P01': ENDED,
  '57P02': ENDED,
  '57P03': NOT_READY,
  '57P04': ENDED,
  '57P05': ENDED,
};

/** Of a constraint that this build does not know: what it writes fits its own. */
const FOREIGN_CONSTRAINT = ['23502', '23503', '23514', '23P01'];
/** `feature_not_supported`: a rule does something else in place of what the statement writes. */
const INSTEAD = '0A000';
/** Of the class of what does not fit the schema, but the build's own fault. */
const SYNTAX_ERROR = '42601';
/** Classes of what may pass: resources, locks, the operator, the system. */
const PASSING = /^(40|53|55|57|58|XX)/;
/** Classes of what went wrong in the server, whatever the statement was. */
const OF_THE_SERVER = /^(55|57|58|72|F0|HV|XX)/;

/** Undefined where the catalogue has no code for it. */
export function meaningOf(sqlState: string): Meaning | undefined {
  return BY_STATE[sqlState] ?? BY_CLASS[sqlState.slice(0, 2)];
}

/** What a request is answered whose statement the server has refused. */
export function requestCodeOf(sqlState: string): ReasonCode {
  const known = meaningOf(sqlState);
  // At a login it says that the server is not ready; later, that the session is over.
  if (known === NOT_READY && sqlState !== '57P03') return ENDED.code;
  if (known) return known.code;
  // A deadlock, or a transaction that fits into no order with the others: all of it was undone.
  if (sqlState.startsWith('40')) return 'RECORD_CONTENDED';
  // Columns, tables, functions, types and constraints that are not what the statement expects.
  if (sqlState.startsWith('42') && sqlState !== SYNTAX_ERROR) return 'SCHEMA_INCOMPATIBLE';
  if (FOREIGN_CONSTRAINT.includes(sqlState)) return 'SCHEMA_INCOMPATIBLE';
  if (sqlState === INSTEAD) return 'WRITE_NOT_STORED';
  return OF_THE_SERVER.test(sqlState) ? 'POSTGRES_REFUSED' : 'INTERNAL_ERROR';
}

/** Whether what has no code of its own may pass by itself. */
export function isTransient(sqlState: string): boolean {
  return PASSING.test(sqlState);
}
