import { describe, expect, it } from '@jest/globals';
import { faultsOf, settingsOf, type Texts, violationsOf } from './judge.js';

const DSN = 'postgresql://app:secret@db.internal:5432/holdfast';
const DPM = 'DPM_SUPPORTABILITY_STORE_BACKEND';
const DPM_DSN = 'DPM_SUPPORTABILITY_POSTGRES_DSN';
const ADVISORY = 'PROPOSAL_STORE_BACKEND';
const ADVISORY_DSN = 'PROPOSAL_POSTGRES_DSN';
const PACKS = 'DPM_POLICY_PACK_CATALOG_BACKEND';
const PACKS_ON = { DPM_POLICY_PACKS_ENABLED: 'true' };
const SQLITE = { DB_TYPE: 'sqlite' };
const PACKS_DSN = 'DPM_POLICY_PACK_POSTGRES_DSN';

/** By which PostgreSQL is configured, and the variable that is told. */
const GIVEN: readonly (readonly [string, Texts, Texts])[] = [
  ['DATABASE_URL', { DATABASE_URL: DSN }, {}],
  ['DATABASE_URL', { DATABASE_URL: '' }, {}],
  ['DATABASE_URL', { DATABASE_URL_FILE: '/s' }, { '/s': DSN }],
  ['AB_DATABASE_URL', { AB_DATABASE_URL: DSN }, {}],
  ['AB_DATABASE_URL', { AB_DATABASE_URL_FILE: '/s' }, { '/s': DSN }],
  ['DATABASE_URL', {}, { '.env': `DATABASE_URL=${DSN}` }],
  ['DATABASE_URL', {}, { '.env': '\uFEFFDATABASE_URL_FILE=/s\r\n', '/s': DSN }],
  [DPM_DSN, { [DPM_DSN]: DSN }, {}],
  [ADVISORY_DSN, { [`${ADVISORY_DSN}_FILE`]: '/s' }, { '/s': DSN }],
  [PACKS_DSN, { [PACKS_DSN]: DSN }, {}],
  ['DB_HOST', { DB_HOST: 'db.internal' }, {}],
  ['DB_HOST', { DB_HOST: '' }, {}],
  ['DB_HOST', { DB_HOST: ' \t', DB_NAME: 'holdfast', DB_USER: 'app' }, {}],
  ['DB_HOST', { DB_HOST_FILE: '/s' }, { '/s': 'db.internal\n' }],
  ['DB_HOST', { DB_HOST_FILE: '/s' }, { '/s': '\n' }],
  ['DB_NAME', { DB_NAME: 'holdfast' }, {}],
  ['DB_NAME', { DB_NAME: '', DB_USER: 'app', DB_PASSWORD: 'secret' }, {}],
  ['DB_USER', { DB_USER: 'app' }, {}],
  ['DB_USER', {}, { '.env': 'DB_USER=app' }],
  ['DB_PASSWORD', { DB_PASSWORD: 'secret' }, {}],
  ['DB_PASSWORD', { DB_PASSWORD_FILE: '/s' }, { '/s': 'secret' }],
  ['DB_HOST', { DB_HOST: 'db.internal', DB_NAME: 'holdfast', DB_USER: 'app' }, {}],
  ['MIGRATION_DATABASE_URL', { MIGRATION_DATABASE_URL: DSN }, {}],
  ['DB_READ_REPLICA_URLS', { DB_READ_REPLICA_URLS: DSN }, {}],
];

describe('PostgreSQL that is configured and not used', () => {
  it.each(GIVEN)('is refused where LOCAL is not chosen by %s: %j, %j', (variable, given, files) => {
    const faults = [`POSTGRES_SETTINGS_UNUSED ${variable}`];
    expect(faultsOf(given, files)).toEqual(faults);
    for (const name of ['local', 'dev', 'test', 'ci']) {
      expect(faultsOf({ ...given, APP_ENV: name }, files)).toEqual(faults);
    }
    expect(faultsOf({ ...given, AB_ENV: 'local', NODE_ENV: 'development' }, files)).toEqual(faults);
    expect(faultsOf({ ...given, [DPM]: 'SQLITE' }, files)).toEqual(faults);
    expect(faultsOf({ ...given, [ADVISORY]: 'IN_MEMORY' }, files)).toEqual(faults);
  });

  it.each(GIVEN)('is a warning where that is chosen: %s, %j, %j', (variable, given, files) => {
    const chosen: readonly Texts[] = [
      { APP_PERSISTENCE_PROFILE: 'LOCAL' },
      { DB_TYPE: 'sqlite' },
      { [DPM]: 'SQLITE', [ADVISORY]: 'IN_MEMORY' },
      { APP_PERSISTENCE_PROFILE: 'LOCAL', APP_ENV: 'dev', KUBERNETES_SERVICE_HOST: '10.0.0.1' },
    ];
    for (const choice of chosen) {
      const { unusedDsns, databases } = settingsOf({ ...given, ...choice }, files);
      expect(unusedDsns).toContain(variable);
      expect(databases.every(({ type }) => type === 'sqlite')).toBe(true);
    }
  });

  it('is refused once, however much is given', () => {
    const given = { DATABASE_URL: DSN, [DPM_DSN]: DSN, DB_HOST: 'db.internal' };
    const violations = violationsOf(given);
    expect(violations.map(({ code, variable }) => `${code} ${variable}`)).toEqual([
      'POSTGRES_SETTINGS_UNUSED DATABASE_URL',
    ]);
    expect(violations[0]?.message).toContain('dpm, advisory');
    expect(violations[0]?.fix).toMatch(/PRODUCTION.*LOCAL/);
  });

  it('is refused for a store that falls to SQLite beside one that uses it', () => {
    const given = { DATABASE_URL: DSN, [DPM]: 'POSTGRES' };
    expect(violationsOf(given)).toMatchObject([
      {
        code: 'POSTGRES_SETTINGS_UNUSED',
        message: expect.stringMatching(/: advisory$/) as unknown,
      },
    ]);
    expect(faultsOf({ ...given, [ADVISORY]: 'SQLITE' })).toEqual([]);
    expect(faultsOf({ ...given, DPM_POLICY_PACKS_ENABLED: '1', [ADVISORY]: 'SQL' })).toHaveLength(
      1,
    );
  });

  it('is refused for a store that falls, whatever another one is on', () => {
    const own = { [ADVISORY]: 'POSTGRES', [ADVISORY_DSN]: DSN };
    for (const [name, value] of [
      ['DB_NAME', 'holdfast'],
      ['DB_HOST', ''],
      ['MIGRATION_DATABASE_URL', DSN],
      ['POSTGRES_URL', DSN],
    ] as const) {
      expect(faultsOf({ ...own, [name]: value })).toEqual([`POSTGRES_SETTINGS_UNUSED ${name}`]);
      expect(faultsOf({ ...own, [name]: value, [DPM]: 'SQLITE' })).toEqual([]);
    }
  });

  it.each<Texts>([
    { [ADVISORY]: 'POSTGRES', [ADVISORY_DSN]: DSN },
    { [ADVISORY]: ' postgresql', [ADVISORY_DSN]: DSN, APP_ENV: 'dev' },
    { [PACKS]: 'POSTGRES' },
    { [PACKS]: 'POSTGRES', [PACKS_DSN]: DSN },
    { [PACKS]: 'POSTGRES', [PACKS_DSN]: DSN, DPM_POLICY_PACKS_ENABLED: '1' },
    { [DPM]: 'POSTGRES', [DPM_DSN]: DSN, [ADVISORY]: 'POSTGRES', [ADVISORY_DSN]: DSN, ...PACKS_ON },
    { [ADVISORY]: 'POSTGRES' },
    { DB_PORT: DSN },
    { LOG_LEVEL: 'postgres://db/x' },
  ])('is refused for a store that nobody put anywhere, whatever points to it: %j', (given) => {
    const { APP_ENV: _, DPM_POLICY_PACKS_ENABLED: isOn, ...chosen } = given;
    const fallen = [
      ...(DPM in chosen ? [] : ['dpm']),
      ...(ADVISORY in chosen ? [] : ['advisory']),
      ...(isOn === undefined || PACKS in chosen ? [] : ['policy_packs']),
    ];
    const fault = violationsOf(given).find(({ code }) => code === 'POSTGRES_SETTINGS_UNUSED');
    expect(fault?.message).toContain(`would be on SQLITE: ${fallen.join(', ')}`);
    expect(fault?.fix).toMatch(/POSTGRES.*SQLITE|PRODUCTION.*LOCAL/);
    const unsaid = faultsOf({ ...given, APP_PERSISTENCE_PROFILE: 'LOCAL' });
    expect(unsaid.join()).not.toContain('POSTGRES_SETTINGS_UNUSED');
  });

  it('is none where each store is put somewhere', () => {
    const own = { [ADVISORY]: 'POSTGRES', [ADVISORY_DSN]: DSN };
    for (const choice of [{ [DPM]: 'SQLITE' }, { APP_PERSISTENCE_PROFILE: 'LOCAL' }, SQLITE]) {
      const { stores } = settingsOf({ ...own, ...choice });
      expect(stores.map(({ backend }) => backend)).toEqual(['SQLITE', 'POSTGRES']);
    }
    const all = { DB_TYPE: 'postgresql', DATABASE_URL: DSN };
    expect(settingsOf({ ...all, [PACKS_DSN]: DSN }).unusedDsns).toEqual([PACKS_DSN]);
  });

  it('is none where nothing is configured', () => {
    expect(faultsOf({ DB_PORT: '5432', DB_POOL_SIZE: '7', DB_SSL_MODE: 'require' })).toEqual([]);
    expect(settingsOf({ DB_SSL_MODE: 'require' }).unusedDsns).toEqual(['DB_SSL_MODE']);
  });
});
