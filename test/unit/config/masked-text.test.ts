import { describe, expect, it } from '@jest/globals';
import { effectiveVariables } from '@holdfast/guard/effective';
import { maskedText } from '@holdfast/guard/masked-text';
import { readEnvironment } from '@holdfast/guard/read-environment';
import { judgeSettings } from '@holdfast/guard/judge-settings';
import { service } from '../../../src/service.js';
import { faultsOf } from './judge.js';

const DSN = 'postgresql://app:Q7secret@db.internal/holdfast';
const LOCAL = { APP_PERSISTENCE_PROFILE: 'LOCAL' };
const none = (): string => {
  throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
};

describe('a connection string in a variable that is no secret', () => {
  it.each([
    'SQLITE_PATH',
    'HOST',
    'LOG_LEVEL',
    'DB_APPLICATION_NAME',
    'DB_NAME',
    'APP_ENV',
    'DB_HOST',
  ])('is refused in %s, and shown nowhere', (name) => {
    for (const text of [
      DSN,
      `see ${DSN}`,
      'postgres://:Q7secret@db/x',
      'host=db password=Q7secret',
    ]) {
      const environment = { ...LOCAL, [name]: text };
      expect(faultsOf(environment)).toContain(`SETTING_INVALID ${name}`);
      const raw = readEnvironment(environment, service, none);
      const verdict = judgeSettings(raw, service, none);
      const shown = JSON.stringify([verdict, effectiveVariables(raw, verdict, service)]);
      expect(shown).not.toContain('Q7secret');
    }
  });

  it.each([
    ...['sqlite:///data/x.sqlite', 'sqlite:x', 'file:x.sqlite', 'postgres://db/x', 'jdbc:sqlite:x'],
    ...['PostgreSQL://app@db/x', ':memory:'],
  ])('%s is no path of SQLite', (path) => {
    expect(faultsOf({ ...LOCAL, SQLITE_PATH: path })).toEqual(['SETTING_INVALID SQLITE_PATH']);
  });

  it.each(['/data/x.sqlite', 'x', './a b.db', 'C:\\data\\x.sqlite', 'C:/x', 'a@b:c/x.sqlite'])(
    '%s is one',
    (path) => {
      expect(faultsOf({ ...LOCAL, SQLITE_PATH: path })).toEqual([]);
    },
  );
});

it.each([
  [DSN, 'postgresql://***@db.internal/holdfast'],
  ['x postgres:/app:p@ss:w/o?rd@db/x', 'x postgres:/***@db/x'],
  ['app:Q7secret@db/x', 'app:***@db/x'],
  ['host=db password=Q7secret user=app', 'host=db password=*** user=app'],
  ["host=db password = 'Q7 secret'", 'host=db password = ***'],
  ['https://db/x?sslpassword=Q7&a=1', 'https://db/x?sslpassword=***&a=1'],
  ['production', 'production'],
  ['/data/holdfast.sqlite', '/data/holdfast.sqlite'],
  ['0.0.0.0', '0.0.0.0'],
  ['10.0.0.0/8, ::1', '10.0.0.0/8, ::1'],
])('%s is shown as %s', (text, masked) => {
  expect(maskedText(text)).toBe(masked);
});
