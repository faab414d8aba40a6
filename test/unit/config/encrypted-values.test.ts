import { describe, expect, it } from '@jest/globals';
import { readEnvironment } from '@holdfast/guard/read-environment';
import { allVariables } from '@holdfast/guard/environment';
import { encryptValue } from '@holdfast/guard/secrets/encrypted-value';
import { newSecretKeyLine, parseSecretKeys } from '@holdfast/guard/secrets/secret-keys';
import { faultsOf, judge, service, settingsOf, violationsOf } from './judge.js';

const LINE = newSecretKeyLine('k1');
const keys = parseSecretKeys(LINE);
const KEY = { HOLDFAST_SECRET_KEY_FILE: '/keys' };
const FILES = { '/keys': LINE };
const PRODUCTION = { APP_PERSISTENCE_PROFILE: 'PRODUCTION', ...KEY };
const DSN = 'postgresql://app:hunter2@db.example.com/holdfast';

const encrypted = (text: string, variable?: string) => encryptValue(text, keys, variable);

describe('an encrypted value', () => {
  const mayBe = [...allVariables(service)].filter(([, { fromFile }]) => fromFile);

  it.each(mayBe)(
    'stands in %s, as a variable and as a file, and by its other names',
    (name, { aliases }) => {
      for (const form of [name, ...aliases]) {
        const value = encrypted('text', name);
        const given = readEnvironment(
          { ...PRODUCTION, [form]: value },
          service,
          (path) => FILES[path as '/keys'],
        );
        const files = { ...FILES, '/file': `${value}\n` };
        const inFile = readEnvironment(
          { ...PRODUCTION, [`${form}_FILE`]: '/file' },
          service,
          (path) => files[path as '/keys'],
        );
        expect([given.texts.get(name), inFile.texts.get(name)]).toEqual(['text', 'text']);
      }
    },
  );

  it('is what it says to all that comes after: the database, and what is masked', () => {
    const settings = settingsOf({ ...PRODUCTION, DATABASE_URL: encrypted(DSN) }, FILES);
    const [database] = settings.databases;
    expect(database?.type === 'postgresql' && database.dsn.password?.reveal()).toBe('hunter2');
    expect(settings.secrets.map((each) => each.reveal())).toContain('hunter2');
    expect(settings.secretKeyFile).toBe('/keys');
  });

  it('in .env is opened, too, by the key file that it names', () => {
    const dotenv = `APP_PERSISTENCE_PROFILE=LOCAL\nHOLDFAST_SECRET_KEY_FILE=/keys\nREDIS_URL=${encrypted('redis://:hunter2@r')}\n`;
    const settings = settingsOf({}, { ...FILES, '.env': dotenv });
    expect(settings.redisUrl?.reveal()).toBe('redis://:hunter2@r');
  });

  it.each<[string, Record<string, string>, Record<string, string>, string[]]>([
    [
      'without a key file',
      { DATABASE_URL: encrypted(DSN), HOLDFAST_SECRET_KEY_FILE: ' ' },
      {},
      ['SECRET_KEY_MISSING DATABASE_URL'],
    ],
    [
      'by another name',
      { AB_DATABASE_URL: encrypted(DSN, 'REDIS_URL') },
      {},
      ['SECRET_VALUE_MISPLACED AB_DATABASE_URL'],
    ],
    [
      'in quotes',
      { DB_PASSWORD: `"${encrypted('x')}"`, DATABASE_URL: DSN },
      {},
      ['SETTING_QUOTED DB_PASSWORD'],
    ],
    [
      'cut off',
      { DATABASE_URL: encrypted(DSN).slice(0, 20) },
      {},
      ['SECRET_VALUE_MALFORMED DATABASE_URL'],
    ],
    [
      'of another key',
      { DATABASE_URL: encrypted(DSN) },
      { '/keys': newSecretKeyLine('k1') },
      ['SECRET_VALUE_REFUSED DATABASE_URL'],
    ],
    [
      'of a key that has gone',
      { DATABASE_URL: encrypted(DSN) },
      { '/keys': newSecretKeyLine('k2') },
      ['SECRET_KEY_UNKNOWN DATABASE_URL'],
    ],
    [
      'where no secret stands',
      { DATABASE_URL: DSN, DB_SSL_CA_FILE: encrypted('/ca') },
      {},
      ['SETTING_INVALID DB_SSL_CA_FILE'],
    ],
    [
      'beside a key file that is not there',
      { DATABASE_URL: encrypted(DSN), HOLDFAST_SECRET_KEY_FILE: '/gone' },
      {},
      ['SECRET_FILE_UNREADABLE HOLDFAST_SECRET_KEY_FILE'],
    ],
    [
      'beside a key file without keys',
      { DATABASE_URL: encrypted(DSN), REDIS_URL: encrypted('redis://r') },
      { '/keys': '\n' },
      ['SECRET_KEY_FILE_INVALID HOLDFAST_SECRET_KEY_FILE'],
    ],
  ])('is refused %s, once', (_, environment, files, faults) => {
    const given = { ...PRODUCTION, ...environment };
    expect(faultsOf(given, { ...FILES, ...files })).toEqual(faults);
    const told = JSON.stringify(violationsOf(given, { ...FILES, ...files }));
    expect(told).not.toMatch(/hunter2/);
    const data = Object.values(environment).map((value) => value.split(':').at(-1) ?? '');
    for (const each of data.filter(({ length }) => length > 8)) expect(told).not.toContain(each);
  });

  it('stays out of the choice of the profile: a refused one is no variable that is not given', () => {
    const verdict = judge({ DATABASE_URL: encrypted(DSN), APP_ENV: 'dev', ...KEY }, FILES);
    expect('violations' in verdict && verdict.violations[0].code).toBe('POSTGRES_SETTINGS_UNUSED');
  });
});

describe('a key file', () => {
  it('is read also where nothing is encrypted', () => {
    expect(faultsOf({ ...PRODUCTION, DATABASE_URL: DSN }, { '/keys': 'no key' })).toEqual([
      'SECRET_KEY_FILE_INVALID HOLDFAST_SECRET_KEY_FILE',
    ]);
  });

  it('that every user can read is refused, and other files are told', () => {
    const files = { ...FILES, '/dsn': DSN } as Readonly<Record<string, string>>;
    const readFile = (exposed: string) =>
      Object.assign((path: string) => files[path] ?? '', {
        exposureOf: (path: string) => (path === exposed ? ('others' as const) : undefined),
      });
    const environment = { ...PRODUCTION, DATABASE_URL_FILE: '/dsn' };
    const { violations } = readEnvironment(environment, service, readFile('/keys'));
    expect(violations.map(({ code }) => code)).toEqual(['SECRET_KEY_FILE_EXPOSED']);
    const { exposed } = readEnvironment(environment, service, readFile('/dsn'));
    expect([...(exposed ?? [])]).toEqual([['DATABASE_URL_FILE', 'others']]);
  });
});
