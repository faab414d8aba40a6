import { describe, expect, it } from '@jest/globals';
import { readEnvironment } from '@holdfast/guard/read-environment';
import { service } from '../../../src/service.js';
import { faultsOf, settingsOf, type Texts } from './judge.js';

const DSN = 'postgresql://app:secret@db.internal:5432/holdfast';
const PRODUCTION = { APP_PERSISTENCE_PROFILE: 'PRODUCTION' };
const PARTS = { DB_HOST: 'db.internal', DB_NAME: 'holdfast', DB_USER: 'app' };

const SECRETS = [
  'DATABASE_URL',
  'DB_PASSWORD',
  'DB_READ_REPLICA_URLS',
  'REDIS_URL',
  'DPM_SUPPORTABILITY_POSTGRES_DSN',
  'PROPOSAL_POSTGRES_DSN',
  'DPM_POLICY_PACK_POSTGRES_DSN',
];

/** The password of the first database. */
function passwordOf(environment: Texts, files: Texts = {}): string | undefined {
  const [database] = settingsOf(environment, files).databases;
  return database?.type === 'postgresql' ? database.dsn.password?.reveal() : undefined;
}

/** What is read, and which files for it. */
function read(environment: Texts, files: Texts = {}) {
  const paths: string[] = [];
  const raw = readEnvironment(environment, service, (path) => {
    paths.push(path);
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
    return text;
  });
  return { ...raw, paths };
}

describe('a secret in a file', () => {
  it.each<[string, string]>([
    ['word', 'word'],
    ['word\n', 'word'],
    ['word\r\n', 'word'],
    ['word\n\n', 'word\n'],
    ['\nword', '\nword'],
    [' word ', ' word '],
    ['wo\nrd\n', 'wo\nrd'],
  ])('%j is %j: exactly one trailing newline is dropped', (content, password) => {
    const environment = { ...PRODUCTION, ...PARTS, DB_PASSWORD_FILE: '/run/secrets/db' };
    expect(passwordOf(environment, { '/run/secrets/db': content })).toBe(password);
  });

  it.each(SECRETS)('%s can come from its file', (name) => {
    const { texts, origins, violations } = read({ [`${name}_FILE`]: '/s' }, { '/s': 'text\n' });
    expect(texts.get(name)).toBe('text');
    expect(origins.get(name)).toBe('secret file');
    expect(violations).toEqual([]);
  });

  it.each(SECRETS)('%s and its file together are refused, whatever they hold', (name) => {
    for (const text of [DSN, '']) {
      const { texts, unreadable, violations } = read({ [name]: text, [`${name}_FILE`]: '/s' });
      expect(violations.map(({ code, variable }) => [code, variable])).toEqual([
        ['SECRET_GIVEN_TWICE', name],
      ]);
      expect(texts.has(name)).toBe(false);
      expect([...unreadable]).toEqual([name]);
    }
  });

  it.each(SECRETS)('%s_FILE must be readable', (name) => {
    const { unreadable, violations } = read({ [`${name}_FILE`]: '/run/secrets/unguessable' });
    expect(violations.map(({ code, variable }) => [code, variable])).toEqual([
      ['SECRET_FILE_UNREADABLE', `${name}_FILE`],
    ]);
    expect([...unreadable]).toEqual([name]);
    expect(JSON.stringify(violations)).not.toContain('unguessable');
  });

  it('that cannot be read is no missing connection string as well', () => {
    const environment = { ...PRODUCTION, DATABASE_URL_FILE: '/none' };
    expect(faultsOf(environment)).toEqual(['SECRET_FILE_UNREADABLE DATABASE_URL_FILE']);
  });

  it('that is given twice is no missing connection string as well', () => {
    const environment = { ...PRODUCTION, DATABASE_URL: DSN, DATABASE_URL_FILE: '/s' };
    expect(faultsOf(environment, { '/s': DSN })).toEqual(['SECRET_GIVEN_TWICE DATABASE_URL']);
  });

  it.each<[string, string]>([
    ['', 'DSN_EMPTY'],
    ['\n', 'DSN_EMPTY'],
    [`${DSN}\n\n`, 'DSN_MALFORMED'],
    [`\uFEFF${DSN}\n`, 'DSN_MALFORMED'],
    [`DATABASE_URL=${DSN}\n`, 'DSN_MALFORMED'],
  ])('is judged like a variable: %j', (content, code) => {
    const environment = { ...PRODUCTION, DATABASE_URL_FILE: '/s' };
    expect(faultsOf(environment, { '/s': content })).toEqual([`${code} DATABASE_URL`]);
  });

  it('is not known for variables that are no secrets', () => {
    const { texts, paths } = read({ ...PRODUCTION, APP_ENV_FILE: '/s', PORT_FILE: '/s' });
    expect([texts.has('APP_ENV'), texts.has('PORT'), paths]).toEqual([false, false, []]);
  });

  it('may be the host, the database or the user that go with the password', () => {
    const environment = {
      ...PRODUCTION,
      DB_HOST_FILE: '/host',
      DB_NAME_FILE: '/name',
      DB_USER_FILE: '/user',
      DB_PASSWORD_FILE: '/password',
    };
    const files = { '/host': 'db\n', '/name': 'hold\n', '/user': 'app\n', '/password': 'secret\n' };
    expect(settingsOf(environment, files).databases[0]).toMatchObject({
      dsn: { user: 'app', database: 'hold', hosts: [{ host: 'db', port: 5432 }] },
    });
    expect(passwordOf(environment, files)).toBe('secret');
    const others: Texts = { '/name': 'hold', '/user': 'app', '/password': 'secret' };
    expect(faultsOf(environment, others)).toEqual(['SECRET_FILE_UNREADABLE DB_HOST_FILE']);
  });
});

describe('a password in DB_PASSWORD', () => {
  it.each(['p@ss:w/o#r?d%', '%41%zz', ' blanks ', 'pä漢😀', "'quoted'", 'a\\b'])(
    'is taken as it is: %j',
    (password) => {
      expect(passwordOf({ ...PRODUCTION, ...PARTS, DB_PASSWORD: password })).toBe(password);
    },
  );

  it('may be missing or empty', () => {
    expect(passwordOf({ ...PRODUCTION, ...PARTS })).toBeUndefined();
    expect(passwordOf({ ...PRODUCTION, ...PARTS, DB_PASSWORD: '' })).toBeUndefined();
  });
});

describe('.env', () => {
  const dotenv = (text: string): Texts => ({ '.env': text });

  it('is read under LOCAL', () => {
    const settings = settingsOf({}, dotenv('PORT=9000\nDB_POOL_SIZE="7"\n# DB_MAX_OVERFLOW=1\n'));
    expect(settings).toMatchObject({ http: { port: 9000 }, pool: { size: 7, maxOverflow: 10 } });
    expect(read({}, dotenv('PORT=9000')).origins.get('PORT')).toBe('.env');
  });

  it('that is there but cannot be read is refused', () => {
    const { violations } = readEnvironment({}, service, () => {
      throw Object.assign(new Error('no right to read'), { code: 'EACCES' });
    });
    expect(violations).toMatchObject([{ code: 'SETTING_INVALID', variable: '.env' }]);
  });

  it.each(['P\0O\0R\0T\0', '\uFFFD\uFFFDPORT=1'])('in another encoding is refused: %j', (text) => {
    const { violations } = read({}, { '.env': text });
    expect(violations).toMatchObject([{ code: 'SETTING_INVALID', variable: '.env' }]);
  });

  it('is not hidden by a blank variable of the process', () => {
    const { violations } = read({ APP_ENV: '' }, dotenv('APP_ENV=production'));
    expect(violations).toMatchObject([{ code: 'SETTING_INVALID', variable: 'APP_ENV' }]);
  });

  it('need not be there', () => {
    const { paths, violations } = read({});
    expect(paths).toEqual(['.env']);
    expect(violations).toEqual([]);
  });

  it.each<Texts>([
    PRODUCTION,
    { NODE_ENV: 'production' },
    { APP_ENV: 'staging' },
    { CI_STRICT: '1' },
    { APP_PERSISTENCE_PROFILE: 'UNKNOWN' },
  ])('is not even opened under %j', (environment) => {
    const { paths, texts } = read(environment, dotenv(`DATABASE_URL=${DSN}`));
    expect(paths).toEqual([]);
    expect(texts.has('DATABASE_URL')).toBe(false);
  });

  it('does not override the process', () => {
    const files = dotenv('PORT=9000\nDB_POOL_SIZE=7');
    expect(settingsOf({ PORT: '9001' }, files)).toMatchObject({
      http: { port: 9001 },
      pool: { size: 7 },
    });
    expect(read({ PORT: '9001' }, files).origins.get('PORT')).toBe('environment');
  });

  it.each<[string, Texts, string]>([
    ['the profile', {}, 'APP_PERSISTENCE_PROFILE=PRODUCTION'],
    ['a strict environment', {}, 'APP_ENV=production'],
    ['CI_STRICT', {}, 'CI_STRICT=1'],
    ['NODE_ENV', {}, 'NODE_ENV=production'],
  ])('cannot choose PRODUCTION by %s', (_name, environment, line) => {
    const files = dotenv(`${line}\nDATABASE_URL=${DSN}\nREDIS_URL=redis://cache`);
    expect(faultsOf(environment, files)).toEqual([`SETTING_INVALID ${line.replace(/=.*/, '')}`]);
  });

  it('cannot make a strict environment of an explicit LOCAL without a word', () => {
    const files = dotenv('APP_ENV=production\nREDIS_URL=redis://cache');
    expect(faultsOf({ APP_PERSISTENCE_PROFILE: 'LOCAL' }, files)).toEqual([
      'PERSISTENCE_PROFILE_CONFLICTS_WITH_ENVIRONMENT APP_PERSISTENCE_PROFILE',
    ]);
  });

  it('may say LOCAL', () => {
    expect(settingsOf({}, dotenv('APP_PERSISTENCE_PROFILE=local')).profile).toBe('LOCAL');
  });

  it('may name secret files', () => {
    const files = { '.env': 'DB_TYPE=postgresql\nDATABASE_URL_FILE=/s', '/s': `${DSN}\n` };
    expect(passwordOf({}, files)).toBe('secret');
    expect(read({}, files).origins.get('DATABASE_URL')).toBe('secret file');
  });

  it('does not give a secret again that the process gives in the other form', () => {
    const other = 'postgresql://app:other@db.internal/holdfast';
    const type = { DB_TYPE: 'postgresql' };
    const asFile = { '.env': 'DATABASE_URL_FILE=/s', '/s': other };
    expect(passwordOf({ ...type, DATABASE_URL: DSN }, asFile)).toBe('secret');
    const asText = { '.env': `DATABASE_URL=${other}`, '/s': DSN };
    expect(passwordOf({ ...type, DATABASE_URL_FILE: '/s' }, asText)).toBe('secret');
  });

  it('cannot give a secret twice itself', () => {
    const files = { '.env': `DATABASE_URL=${DSN}\nDATABASE_URL_FILE=/s`, '/s': DSN };
    expect(faultsOf({ DB_TYPE: 'postgresql' }, files)).toEqual(['SECRET_GIVEN_TWICE DATABASE_URL']);
  });
});
