import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import {
  catalogue,
  defineReasons,
  EXIT,
  type ReasonCode,
  ReasonError,
  reasonFor,
} from '@holdfast/core/reasons';
import { defineStore } from '@holdfast/guard/define-store';
import '../../src/reasons.js';
import { registeredStores } from '../../src/stores/registry.js';

const GUARD_CODES = [
  'PERSISTENCE_PROFILE_UNKNOWN',
  'PERSISTENCE_PROFILE_UNDECIDED',
  'SETTING_QUOTED',
  'SETTING_GIVEN_TWICE',
  'POSTGRES_SETTINGS_UNUSED',
  'PERSISTENCE_PROFILE_CONFLICTS_WITH_ENVIRONMENT',
  'STORE_BACKEND_UNKNOWN',
  'STORE_REQUIRES_POSTGRES_DSN',
  'ENVIRONMENT_REQUIRES_REDIS_URL',
  'DSN_EMPTY',
  'DSN_PLACEHOLDER',
  'DSN_SCHEME_UNSUPPORTED',
  'DSN_MALFORMED',
  'DSN_MULTIPLE_HOSTS',
  'DSN_USER_NOT_ENCODED',
  'DSN_PASSWORD_NOT_ENCODED',
  'DSN_PARAMETER_UNSUPPORTED',
  'SETTING_INVALID',
  'SECRET_GIVEN_TWICE',
  'SECRET_FILE_UNREADABLE',
];

const VERIFICATION_CODES = [
  'POSTGRES_UNREACHABLE',
  'POSTGRES_AUTH_FAILED',
  'POSTGRES_DATABASE_MISSING',
  'POSTGRES_TLS_FAILED',
  'POSTGRES_TOO_MANY_CONNECTIONS',
  'POSTGRES_READ_ONLY',
  'POSTGRES_RIGHTS_MISSING',
  'POSTGRES_NOT_DURABLE',
  'MIGRATIONS_PENDING',
  'SCHEMA_NEWER_THAN_BUILD',
  'MIGRATION_CHECKSUM_MISMATCH',
  'REDIS_UNREACHABLE',
];

const DECLARATION = {
  name: 'reports',
  meaning: 'a store of a test',
  backendVariable: 'REPORTS_BACKEND',
  dsnVariable: 'REPORTS_DSN',
  enabledBy: [],
};

const OTHER_CONTRACT_CODES = [
  'POOL_TIMEOUT',
  'MIGRATION_LOCK_TIMEOUT',
  'MIGRATION_FAILED',
  'MIGRATION_OUT_OF_ORDER',
];

describe('the catalogue of reasons', () => {
  const entries = [...catalogue];

  it.each(entries)('%s says what it means and what to do, in full sentences', (_code, reason) => {
    expect(reason.meaning).toMatch(/^\S.*\S\.$/s);
    expect(reason.fix).toMatch(/^\S.*\S\.$/s);
  });

  it.each(entries)(
    '%s is a well-formed code that answers a request, ends a process or warns',
    (code, reason) => {
      expect(code).toMatch(/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/);
      const statuses = reason.status === undefined ? [] : [reason.status];
      const exits = reason.exit === undefined ? [] : [reason.exit];
      const others = statuses.length + exits.length;
      expect(others > 0).toBe(reason.warning !== true);
      for (const status of statuses) expect([4, 5]).toContain(Math.trunc(status / 100));
      for (const exit of exits) expect([1, 64, 69, 78]).toContain(exit);
    },
  );

  it('has something to say by WWW-Authenticate of every 401, and of no other', () => {
    const challenged = entries.filter(([, { challenge }]) => challenge !== undefined);
    expect(challenged).toEqual(entries.filter(([, { status }]) => status === 401));
    for (const [, { challenge }] of challenged)
      expect(challenge).toMatch(/^[A-Za-z]+(?: \w+="[^"]*"(?:, \w+="[^"]*")*)?$/);
  });

  it.each(GUARD_CODES)('%s of the contract ends the process with 78', (code) => {
    expect(reasonFor(code).exit).toBe(78);
  });

  it.each(VERIFICATION_CODES)('%s of the contract ends the process with 69', (code) => {
    expect(reasonFor(code).exit).toBe(69);
  });

  it.each(OTHER_CONTRACT_CODES)('%s of the contract is there', (code) => {
    expect([...catalogue.keys()]).toContain(code);
  });

  it('answers POOL_TIMEOUT with 503', () => {
    expect(reasonFor('POOL_TIMEOUT').status).toBe(503);
  });
});

describe('reasonFor', () => {
  it('gives the entry of every code', () => {
    for (const [code, reason] of [...catalogue]) expect(reasonFor(code)).toBe(reason);
  });

  it.each([
    ['MIGRATION_FAILED:advisory:0002', 'MIGRATION_FAILED'],
    ['MIGRATION_CHECKSUM_MISMATCH:policy_packs:0001_create_packs', 'MIGRATION_CHECKSUM_MISMATCH'],
    ['DSN_EMPTY:', 'DSN_EMPTY'],
  ] as const)('ignores the qualifiers of %s', (code, name) => {
    expect(reasonFor(code)).toBe(catalogue.get(name));
  });

  it.each(registeredStores.map(({ prefix }) => prefix))('has both codes of %s', (prefix) => {
    const backend = reasonFor(`PERSISTENCE_PROFILE_REQUIRES_${prefix}_POSTGRES`);
    const dsn = reasonFor(`PERSISTENCE_PROFILE_REQUIRES_${prefix}_POSTGRES_DSN`);
    expect(backend.meaning).toContain(`the ${prefix} store on POSTGRES`);
    expect(dsn.meaning).toContain(`no connection string for the ${prefix} store`);
    for (const { meaning, fix, exit } of [backend, dsn]) {
      expect(meaning).toMatch(/\.$/);
      expect(fix).toMatch(/\.$/);
      expect(exit).toBe(EXIT.configuration);
    }
    expect(backend.fix).not.toBe(dsn.fix);
  });

  it.each(['REPORTS', 'A_B_C', 'V2', 'POSTGRES'])(
    'has the codes of a store that is defined, %s',
    (prefix) => {
      defineStore({ ...DECLARATION, prefix });
      const code = `PERSISTENCE_PROFILE_REQUIRES_${prefix}_POSTGRES`;
      expect(reasonFor(code).meaning).toContain(`the ${prefix} store on POSTGRES`);
      expect(reasonFor(`${code}_DSN`).meaning).toContain(`for the ${prefix} store`);
    },
  );

  it.each([
    '',
    ':',
    ':DSN_EMPTY',
    'NO_SUCH_CODE',
    'dsn_empty',
    ' DSN_EMPTY',
    'DSN_EMPTY ',
    'toString',
    'constructor',
    '__proto__',
    'hasOwnProperty',
    'PERSISTENCE_PROFILE_REQUIRES__POSTGRES',
    'PERSISTENCE_PROFILE_REQUIRES_POSTGRES',
    'PERSISTENCE_PROFILE_REQUIRES_DPM',
    'PERSISTENCE_PROFILE_REQUIRES_DPM_POSTGRES_DSNS',
    'PERSISTENCE_PROFILE_REQUIRES_dpm_POSTGRES',
    'X_PERSISTENCE_PROFILE_REQUIRES_DPM_POSTGRES',
  ])('throws on %j', (code) => {
    expect(() => reasonFor(code)).toThrow(TypeError);
  });
});

describe('defineReasons', () => {
  const reason = { meaning: 'It is a test.', fix: 'Run it.', exit: EXIT.failed };

  it('adds codes to the catalogue, each once', () => {
    defineReasons({ DEFINED_BY_A_TEST: reason });
    expect(reasonFor('DEFINED_BY_A_TEST:here')).toBe(reason);
    expect(() => defineReasons({ DEFINED_BY_A_TEST: reason })).toThrow('defined twice');
    expect(() => defineReasons({ POOL_TIMEOUT: reason })).toThrow('defined twice');
  });

  it.each(['', 'dpm', 'DPM_', '_DPM', 'A B', '__proto__'])(
    'makes no code of the prefix %j',
    (prefix) => {
      expect(() => defineStore({ ...DECLARATION, prefix })).toThrow(TypeError);
    },
  );

  it('refuses a second store with the prefix of another', () => {
    expect(() => defineStore({ ...DECLARATION, prefix: 'DPM' })).toThrow('defined twice');
  });
});

describe('ReasonError', () => {
  it('says what the catalogue says unless it is told better', () => {
    const plain = new ReasonError('POOL_TIMEOUT');
    expect(plain.message).toBe(reasonFor('POOL_TIMEOUT').meaning);
    expect(plain.reason).toBe(reasonFor('POOL_TIMEOUT'));
    expect(plain.code).toBe('POOL_TIMEOUT');
    const told = new ReasonError('MIGRATION_FAILED:advisory:0002', {
      detail: 'said so',
      errors: [{ path: '/a', message: 'b' }],
      retryAfterSeconds: 3,
    });
    expect(told.message).toBe('said so');
    expect(told.reason).toBe(reasonFor('MIGRATION_FAILED'));
    expect(told.errors).toEqual([{ path: '/a', message: 'b' }]);
    expect(told.retryAfterSeconds).toBe(3);
  });

  it('keeps the cause for the log and out of what a user sees', () => {
    const cause = new Error('password authentication failed for user "app"');
    const error = new ReasonError('POSTGRES_AUTH_FAILED', { cause });
    expect(error.cause).toBe(cause);
    expect(error.message).not.toContain('app');
    expect(JSON.stringify(error)).not.toContain('authentication failed');
    expect(inspect(error)).toContain('authentication failed');
  });

  it('refuses a code that does not exist', () => {
    expect(() => new ReasonError('NO_SUCH_CODE' as ReasonCode)).toThrow(TypeError);
  });
});
