import { describe, expect, it } from '@jest/globals';
import { judgeSettings } from '@holdfast/guard/judge-settings';
import { readEnvironment } from '@holdfast/guard/read-environment';

/** Of a program without stores. */
function judge(environment: Readonly<Record<string, string>>, sharedDatabase = true) {
  const service = { stores: [], release: { name: 'copier' }, sharedDatabase };
  const readFile = () => 'postgresql://app:hush@db.example/app\n';
  const raw = readEnvironment(environment, service, readFile);
  return judgeSettings(raw, service, readFile);
}

function settingsOf(...given: Parameters<typeof judge>) {
  const verdict = judge(...given);
  if (!('settings' in verdict)) throw new Error(JSON.stringify(verdict.violations));
  return verdict.settings;
}

const shared = (host: string) => ({
  name: 'shared',
  type: 'postgresql',
  stores: [],
  dsn: { hosts: [{ host }], database: 'app' },
});

describe('the database of a program without stores', () => {
  it.each([
    ['a connection string', { DATABASE_URL: 'postgresql://app:hush@db.example/app' }],
    ['a file with one', { DATABASE_URL_FILE: '/run/dsn' }],
    ['its parts', { DB_HOST: 'db.example', DB_NAME: 'app', DB_USER: 'app' }],
  ])('is given by %s, and encrypted', (_, environment) => {
    const { databases, unusedDsns } = settingsOf(environment);
    expect(databases).toMatchObject([{ ...shared('db.example'), tls: { mode: 'require' } }]);
    expect(unusedDsns).toEqual([]);
  });

  it('is as DB_SSL_MODE has it, and none where nothing names one', () => {
    const url = 'postgresql://app:hush@127.0.0.1/app';
    const environment = { DATABASE_URL: url, DB_SSL_MODE: 'verify-full', DB_SSL_CA_FILE: '' };
    expect(settingsOf(environment).databases).toMatchObject([
      { ...shared('127.0.0.1'), tls: { mode: 'verify-full' } },
    ]);
    expect(settingsOf({}).databases).toEqual([]);
  });

  it('is refused where it cannot be read, and DB_PORT counts with the parts', () => {
    expect(judge({ DATABASE_URL: 'mysql://app:hush@db/app' })).toMatchObject({
      violations: [{ code: 'DSN_SCHEME_UNSUPPORTED', variable: 'DATABASE_URL' }],
    });
    const parts = { DB_HOST: 'db', DB_NAME: 'app', DB_USER: 'app', DB_PORT: 'many' };
    expect(judge(parts)).toMatchObject({ violations: [{ variable: 'DB_PORT' }] });
  });

  it('is another program’s unless the program works on it', () => {
    const { databases, unusedDsns } = settingsOf({ DATABASE_URL: 'mysql://app@db/app' }, false);
    expect([databases, unusedDsns]).toEqual([[], ['DATABASE_URL']]);
  });
});
