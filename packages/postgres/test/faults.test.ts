import { describe, expect, it } from '@jest/globals';
import { isUniqueViolation, postgresFault, sqliteFault } from '../src/faults/faults.js';

function failure(code?: string, message = 'something'): Error {
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}

describe('an error of pg', () => {
  it.each([
    ['POSTGRES_AUTH_FAILED', '28P01', 'password authentication failed for user "app"'],
    ['POSTGRES_AUTH_FAILED', '28000', 'role "app" is not permitted to log in'],
    [
      'POSTGRES_AUTH_FAILED',
      '28000',
      'no pg_hba.conf entry for host "10.0.0.1", user "app", database "a", SSL encryption',
    ],
    [
      'POSTGRES_AUTH_FAILED',
      undefined,
      'SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a non-empty string',
    ],
    ['POSTGRES_DATABASE_MISSING', '3D000', 'database "holdfast" does not exist'],
    ['POSTGRES_SCHEMA_MISSING', '3F000', 'no schema has been selected to create in'],
    ['POSTGRES_READ_ONLY', '25006', 'cannot execute INSERT in a read-only transaction'],
    ['POSTGRES_DISK_FULL', '53100', 'could not extend file: No space left on device'],
    ['POSTGRES_RIGHTS_MISSING', '42501', 'permission denied for table holdfast_write_probe'],
    ['POSTGRES_TLS_FAILED', undefined, 'The server does not support SSL connections'],
    [
      'POSTGRES_TLS_FAILED',
      '28000',
      'no pg_hba.conf entry for host "10.0.0.1", user "app", database "a", no encryption',
    ],
    ['POSTGRES_TLS_FAILED', 'SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate in chain'],
    ['POSTGRES_TLS_FAILED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate'],
    ['POSTGRES_TLS_FAILED', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unable to verify'],
    ['POSTGRES_TLS_FAILED', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'unable to get issuer'],
    ['POSTGRES_TLS_FAILED', 'CERT_HAS_EXPIRED', 'expired'],
    ['POSTGRES_TLS_FAILED', 'ERR_TLS_CERT_ALTNAME_INVALID', 'altnames'],
    ['POSTGRES_TLS_FAILED', 'ERR_SSL_WRONG_VERSION_NUMBER', 'wrong version number'],
    ['POSTGRES_TLS_FAILED', 'EPROTO', 'write EPROTO'],
  ])('is %s, for good: %s %s', (code, driverCode, message) => {
    expect(postgresFault(failure(driverCode, message))).toMatchObject({ code, transient: false });
  });

  it.each([
    ['POSTGRES_TOO_MANY_CONNECTIONS', '53300', 'sorry, too many clients already'],
    ['POSTGRES_TOO_MANY_CONNECTIONS', '53300', 'too many connections for role "certificate"'],
    ['POSTGRES_OUT_OF_RESOURCES', '53200', 'out of memory'],
    ['POSTGRES_UNREACHABLE', 'ECONNREFUSED', 'connect ECONNREFUSED 10.0.0.1:5432'],
    ['POSTGRES_UNREACHABLE', 'ECONNRESET', 'read ECONNRESET'],
    ['POSTGRES_UNREACHABLE', 'ETIMEDOUT', 'connect ETIMEDOUT'],
    ['POSTGRES_UNREACHABLE', 'ENOTFOUND', 'getaddrinfo ENOTFOUND db.internal'],
    ['POSTGRES_UNREACHABLE', 'EAI_AGAIN', 'getaddrinfo EAI_AGAIN db.internal'],
    ['POSTGRES_UNREACHABLE', 'EHOSTUNREACH', 'connect EHOSTUNREACH'],
    ['POSTGRES_UNREACHABLE', '57P03', 'the database system is starting up'],
    ['POSTGRES_UNREACHABLE', '08P01', 'server login has been failing'],
    ['POSTGRES_CONNECTION_ENDED', '57P01', 'terminating connection due to administrator command'],
    ['POSTGRES_CONNECTION_ENDED', '57P02', 'terminating connection because of crash'],
    ['POSTGRES_LOCK_TIMEOUT', '55P03', 'canceling statement due to lock timeout'],
    ['POSTGRES_STATEMENT_CANCELLED', '57014', 'canceling statement due to statement timeout'],
    ['POSTGRES_UNREACHABLE', undefined, 'Connection terminated unexpectedly'],
    ['POSTGRES_UNREACHABLE', undefined, 'timeout expired'],
  ])('is %s, for now: %s %s', (code, driverCode, message) => {
    expect(postgresFault(failure(driverCode, message))).toEqual({ code, transient: true });
  });

  it.each([[undefined], [null], ['a text'], [{ code: 5432 }], [{ errors: [] }]])(
    'is taken to be an unreachable server when it is %j',
    (error) => {
      expect(postgresFault(error)).toEqual({ code: 'POSTGRES_UNREACHABLE', transient: true });
    },
  );

  it.each([
    ['42809', false],
    ['42P17', false],
    ['0A000', false],
    ['XX000', true],
  ])('that nobody has foreseen is told by its SQLSTATE: %s', (sqlstate, transient) => {
    const fault = postgresFault(failure(sqlstate));
    expect(fault).toEqual({ code: 'POSTGRES_REFUSED', transient, sqlstate });
  });

  it('is judged by the first of several', () => {
    const refused = failure('ECONNREFUSED');
    const expired = failure('CERT_HAS_EXPIRED');
    expect(postgresFault(new AggregateError([expired, refused])).code).toBe('POSTGRES_TLS_FAILED');
    expect(postgresFault(new AggregateError([refused, expired])).code).toBe('POSTGRES_UNREACHABLE');
  });
});

describe('an error of better-sqlite3', () => {
  it.each([
    ['SQLITE_READ_ONLY', false, 'SQLITE_READONLY'],
    ['SQLITE_READ_ONLY', false, 'SQLITE_READONLY_DIRECTORY'],
    ['SQLITE_READ_ONLY', false, 'SQLITE_READONLY_DBMOVED'],
    ['SQLITE_READ_ONLY', false, 'SQLITE_FULL'],
    ['SQLITE_UNAVAILABLE', true, 'SQLITE_BUSY'],
    ['SQLITE_UNAVAILABLE', true, 'SQLITE_BUSY_SNAPSHOT'],
    ['SQLITE_UNAVAILABLE', false, 'SQLITE_CANTOPEN'],
    ['SQLITE_UNAVAILABLE', false, 'SQLITE_NOTADB'],
    ['SQLITE_UNAVAILABLE', false, 'SQLITE_CORRUPT'],
    ['SQLITE_UNAVAILABLE', false, 'SQLITE_IOERR_READ'],
    ['SQLITE_UNAVAILABLE', false, 'ENOTDIR'],
    ['SQLITE_UNAVAILABLE', false, undefined],
  ])('is %s (transient: %s) when it is %s', (code, transient, driverCode) => {
    expect(sqliteFault(failure(driverCode))).toEqual({ code, transient });
  });
});

describe('a unique key that is taken', () => {
  it('is told from everything else', () => {
    expect(isUniqueViolation(failure('23505', 'duplicate key value'))).toBe(true);
    for (const code of ['23503', '23514', '40P01', 'SQLITE_BUSY', undefined]) {
      expect(isUniqueViolation(failure(code, 'duplicate key value'))).toBe(false);
    }
    expect(isUniqueViolation(null)).toBe(false);
  });
});
