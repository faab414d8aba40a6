import { describe, expect, it } from '@jest/globals';
import { requestFault } from '../src/faults/request-fault.js';

function failure(code?: string, message = 'something'): Error {
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}

describe('a failed statement of a request', () => {
  it.each([
    ['POSTGRES_CONNECTION_ENDED', '08006', 'connection failure'],
    ['POSTGRES_CONNECTION_ENDED', '57P01', 'terminating connection due to administrator command'],
    ['POSTGRES_CONNECTION_ENDED', 'ECONNRESET', 'read ECONNRESET'],
    ['POSTGRES_CONNECTION_ENDED', 'EPIPE', 'write EPIPE'],
    ['POSTGRES_CONNECTION_ENDED', undefined, 'Connection terminated unexpectedly'],
    [
      'POSTGRES_CONNECTION_ENDED',
      undefined,
      'Client has encountered a connection error and is not queryable',
    ],
    ['POSTGRES_UNREACHABLE', 'ECONNREFUSED', 'connect ECONNREFUSED'],
    ['POSTGRES_UNREACHABLE', 'ENOTFOUND', 'getaddrinfo ENOTFOUND'],
    ['POSTGRES_UNREACHABLE', '57P03', 'the database system is starting up'],
    ['DATABASE_UNAVAILABLE', 'ETIMEDOUT', 'the database has not answered in time'],
    ['DATABASE_UNAVAILABLE', undefined, 'timeout expired'],
    ['SQLITE_LOCK_TIMEOUT', 'SQLITE_BUSY', 'database is locked'],
    ['SQLITE_LOCK_TIMEOUT', 'SQLITE_BUSY_SNAPSHOT', 'database is locked'],
    ['SQLITE_READ_ONLY', 'SQLITE_FULL', 'database or disk is full'],
    ['SQLITE_READ_ONLY', 'SQLITE_READONLY_DBMOVED', 'attempt to write a readonly database'],
    ['SQLITE_UNAVAILABLE', 'SQLITE_IOERR_WRITE', 'disk I/O error'],
    ['SQLITE_UNAVAILABLE', 'SQLITE_CORRUPT', 'database disk image is malformed'],
    ['SCHEMA_INCOMPATIBLE', 'SQLITE_ERROR', 'no such table: proposal_records'],
    ['SCHEMA_INCOMPATIBLE', 'SQLITE_ERROR', 'table a has no column named b'],
    [
      'SCHEMA_INCOMPATIBLE',
      'SQLITE_ERROR',
      'ON CONFLICT clause does not match any PRIMARY KEY or UNIQUE constraint',
    ],
    ['SCHEMA_INCOMPATIBLE', 'SQLITE_CONSTRAINT_CHECK', 'CHECK constraint failed: never'],
    [
      'WRITE_NOT_STORED',
      '22P02',
      'invalid input syntax for type integer: "holdfast has not stored this 1"',
    ],
    ['INTERNAL_ERROR', '22P02', 'invalid input syntax for type integer: "x"'],
    ['INTERNAL_ERROR', 'SQLITE_ERROR', 'near "SELEKT": syntax error'],
    ['INTERNAL_ERROR', 'SQLITE_CONSTRAINT_UNIQUE', 'UNIQUE constraint failed'],
    ['SQLITE_SOURCE_RETIRED', 'SQLITE_CONSTRAINT_TRIGGER', 'SQLITE_SOURCE_RETIRED'],
  ])('is %s for %s %s', (code, driverCode, message) => {
    expect(requestFault(failure(driverCode, message))).toBe(code);
    expect(requestFault(new AggregateError([failure(driverCode, message)]))).toBe(
      code === 'SQLITE_SOURCE_RETIRED' ? 'INTERNAL_ERROR' : code,
    );
  });

  it.each([
    [undefined],
    [null],
    ['Connection terminated'],
    [failure(undefined, 'Cannot read properties of undefined')],
    [failure('FST_ERR_CTP_BODY_TOO_LARGE')],
  ])('is none of the database: %j', (error) => {
    expect(requestFault(error)).toBeUndefined();
  });
});
