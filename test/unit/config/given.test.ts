import { describe, expect, it } from '@jest/globals';
import { allVariables } from '@holdfast/guard/environment';
import { faultsOf, service, settingsOf, type Texts, violationsOf } from './judge.js';

const DSN = 'postgresql://app:secret@db.internal:5432/holdfast';
const OTHER = 'postgresql://app:secret@other.internal:5432/holdfast';
const LOCAL = { APP_PERSISTENCE_PROFILE: 'LOCAL' };
const PRODUCTION = { APP_PERSISTENCE_PROFILE: 'PRODUCTION' };
const PARTS = { DB_HOST: 'db.internal', DB_NAME: 'holdfast', DB_USER: 'app' };

/** The first database's host. */
function hostOf(environment: Texts, files: Texts = {}): string | undefined {
  const [database] = settingsOf(environment, files).databases;
  return database?.type === 'postgresql' ? database.dsn.hosts[0].host : undefined;
}

const unquotable = [...allVariables(service)].filter(([, { verbatim }]) => !verbatim);

describe('a value in quotes', () => {
  it.each(unquotable)('is refused in %s', (name) => {
    for (const text of ['"x"', "'x'", '`x`', '“x”', '‘x’', ' "x" ', '""', '"x"\r']) {
      expect(faultsOf({ [name]: text })).toContain(`SETTING_QUOTED ${name}`);
    }
  });

  it.each(['"x', "x'", '"', `"x'`, 'x"y"z'])('is no such value: %j', (text) => {
    expect(faultsOf({ ...LOCAL, SQLITE_PATH: text })).toEqual([]);
  });

  it.each(['DB_PASSWORD', 'PROOF_KEY'])('is taken as it is in %s', (name) => {
    const environment = { ...PRODUCTION, ...PARTS, [name]: '"sixteen letters"' };
    expect(faultsOf(environment)).toEqual([]);
    expect(
      faultsOf({ ...PRODUCTION, ...PARTS, [`${name}_FILE`]: '/s' }, { '/s': "'a b c d e f g h'" }),
    ).toEqual([]);
  });

  it.each<[string, Texts]>([
    ['APP_ENV', { APP_ENV: '"production"', DATABASE_URL: DSN, REDIS_URL: 'redis://cache' }],
    ['APP_PERSISTENCE_PROFILE', { APP_PERSISTENCE_PROFILE: "'PRODUCTION'", DATABASE_URL: DSN }],
    ['NODE_ENV', { NODE_ENV: '"production"', DATABASE_URL: DSN }],
    ['CI_STRICT', { CI_STRICT: '"1"', DATABASE_URL: DSN, REDIS_URL: 'redis://cache' }],
    ['DATABASE_URL', { ...PRODUCTION, DATABASE_URL: `"${DSN}"` }],
    ['DB_POOL_SIZE', { ...PRODUCTION, DATABASE_URL: DSN, DB_POOL_SIZE: '"5"' }],
    ['APP_ENV', { APP_ENV: '"dev"' }],
  ])('is all that is wrong with %s: it is judged without them', (name, environment) => {
    expect(faultsOf(environment)).toEqual([`SETTING_QUOTED ${name}`]);
  });

  it('is told of the path of a file and of what is in the file', () => {
    const path = { ...PRODUCTION, DATABASE_URL_FILE: '"/s"' };
    expect(faultsOf(path, { '/s': DSN })).toEqual(['SETTING_QUOTED DATABASE_URL_FILE']);
    const content = { ...PRODUCTION, DATABASE_URL_FILE: '/s' };
    expect(faultsOf(content, { '/s': `"${DSN}"\n` })).toEqual(['SETTING_QUOTED DATABASE_URL']);
  });

  it('is no such value where .env has taken the quotes off', () => {
    expect(settingsOf({}, { '.env': 'PORT="9000"' }).http.port).toBe(9000);
    expect(faultsOf({}, { '.env': `PORT='"9000"'` })).toEqual(['SETTING_QUOTED PORT']);
  });

  it('is not repeated', () => {
    const [fault] = violationsOf({ ...LOCAL, SQLITE_PATH: '"unguessable"' });
    expect(JSON.stringify(fault)).not.toContain('unguessable');
  });
});

describe('a carriage return at the end of a value', () => {
  it('is dropped', () => {
    const environment = {
      APP_PERSISTENCE_PROFILE: 'PRODUCTION\r',
      DATABASE_URL: `${DSN}\r`,
      DB_APPLICATION_NAME: 'fast\r',
      DB_POOL_SIZE: '7\r',
    };
    expect(settingsOf(environment)).toMatchObject({ profile: 'PRODUCTION', pool: { size: 7 } });
    expect(hostOf(environment)).toBe('db.internal');
    const parts = { ...PRODUCTION, ...PARTS, DB_HOST: 'db\r', DB_PASSWORD: 'word\r' };
    const [database] = settingsOf(parts).databases;
    expect(database).toMatchObject({ dsn: { hosts: [{ host: 'db' }] } });
    expect(database?.type === 'postgresql' && database.dsn.password?.reveal()).toBe('word');
  });

  it('is dropped from the path of a file, and from its line end', () => {
    expect(hostOf({ ...PRODUCTION, DATABASE_URL_FILE: '/s\r' }, { '/s': `${DSN}\r\n` })).toBe(
      'db.internal',
    );
  });

  it.each(['\r\r', '\rx'])('is one: %j is left', (end) => {
    expect(faultsOf({ ...PRODUCTION, DATABASE_URL: `${DSN}${end}` })).toEqual([
      'DSN_MALFORMED DATABASE_URL',
    ]);
  });
});

describe('another name of a setting', () => {
  it('is read', () => {
    expect(hostOf({ ...PRODUCTION, AB_DATABASE_URL: DSN })).toBe('db.internal');
    expect(hostOf({ ...PRODUCTION, AB_DATABASE_URL_FILE: '/s' }, { '/s': DSN })).toBe(
      'db.internal',
    );
    expect(settingsOf({ AB_DB_POOL_SIZE: '7' }).pool.size).toBe(7);
    expect(settingsOf({}, { '.env': 'AB_DB_POOL_SIZE=7' }).pool.size).toBe(7);
  });

  it('may say the same again', () => {
    expect(hostOf({ ...PRODUCTION, AB_DATABASE_URL: DSN, DATABASE_URL: `${DSN}\r` })).toBe(
      'db.internal',
    );
    expect(settingsOf({ DB_POOL_SIZE: '7', AB_DB_POOL_SIZE: ' 7 ' }).pool.size).toBe(7);
  });

  it.each<[Texts]>([
    [{ DATABASE_URL: DSN, AB_DATABASE_URL: OTHER }],
    [{ DATABASE_URL: DSN, AB_DATABASE_URL: '' }],
    [{ DATABASE_URL: DSN, AB_DATABASE_URL_FILE: '/s' }],
    [{ DATABASE_URL_FILE: '/s', AB_DATABASE_URL: DSN }],
  ])('may not say something else: %j', (given) => {
    expect(faultsOf({ ...PRODUCTION, ...given }, { '/s': OTHER })).toEqual([
      'SETTING_GIVEN_TWICE DATABASE_URL',
    ]);
  });

  it('may not say something else of the pool', () => {
    expect(faultsOf({ DB_POOL_SIZE: '7', AB_DB_POOL_SIZE: '8' })).toEqual([
      'SETTING_GIVEN_TWICE DB_POOL_SIZE',
    ]);
    expect(settingsOf({ DB_POOL_SIZE: ' ', AB_DB_POOL_SIZE: '8' }).pool.size).toBe(8);
  });

  it.each<[string, Texts]>([
    ['DSN_SCHEME_UNSUPPORTED AB_DATABASE_URL', { AB_DATABASE_URL: 'mysql://h' }],
    ['SECRET_FILE_UNREADABLE AB_DATABASE_URL_FILE', { AB_DATABASE_URL_FILE: '/none' }],
    ['SECRET_GIVEN_TWICE AB_DATABASE_URL', { AB_DATABASE_URL: DSN, AB_DATABASE_URL_FILE: '/s' }],
    ['SETTING_QUOTED AB_DATABASE_URL', { AB_DATABASE_URL: `"${DSN}"` }],
    ['SETTING_INVALID AB_DB_POOL_SIZE', { DATABASE_URL: DSN, AB_DB_POOL_SIZE: 'many' }],
  ])('is the one that is told: %s', (fault, given) => {
    expect(faultsOf({ ...PRODUCTION, ...given }, { '/s': DSN })).toEqual([fault]);
  });

  it('in .env gives way to the process, by whichever name', () => {
    const files = { '.env': `AB_DATABASE_URL=${OTHER}\nAB_DB_POOL_SIZE=9` };
    const process = { DB_TYPE: 'postgresql', DATABASE_URL: DSN, DB_POOL_SIZE: '7' };
    expect(hostOf(process, files)).toBe('db.internal');
    expect(settingsOf(process, files).pool.size).toBe(7);
  });
});
