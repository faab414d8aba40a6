import { describe, expect, it } from '@jest/globals';
import type { PostgresSettings } from '@holdfast/guard/databases';
import { sslMode } from '@holdfast/guard/postgres-access';
import type { Dsn } from '@holdfast/guard/dsn';
import type { Profile } from '@holdfast/guard/profile';
import { SSL_MODES, type SslMode } from '@holdfast/guard/ssl-mode';
import { settingsOf, type Texts, without } from './judge.js';

const DSN = 'postgresql://app:secret@db.internal:5432/holdfast';
const PRODUCTION = { APP_PERSISTENCE_PROFILE: 'PRODUCTION' };
const PARTS = { DB_HOST: 'db.internal', DB_NAME: 'holdfast', DB_USER: 'app' };
const DPM_DSN = 'DPM_SUPPORTABILITY_POSTGRES_DSN';
const ADVISORY_DSN = 'PROPOSAL_POSTGRES_DSN';
const POLICY_PACK_DSN = 'DPM_POLICY_PACK_POSTGRES_DSN';

/** The PostgreSQL databases of a configuration. */
function postgres(environment: Texts, files: Texts = {}): readonly PostgresSettings[] {
  return settingsOf(environment, files).databases.filter(
    (database) => database.type === 'postgresql',
  );
}

function databases(environment: Texts) {
  return settingsOf(environment).databases.map(({ name, type, stores }) => ({
    name,
    type,
    stores,
  }));
}

describe('the defaults', () => {
  const pool = {
    size: 5,
    maxOverflow: 10,
    timeoutSeconds: 30,
    recycleSeconds: 3600,
    statementTimeoutMs: 30_000,
    lockTimeoutMs: 5000,
  };

  it('of LOCAL', () => {
    const settings = settingsOf({});
    expect(settings).toMatchObject({
      profile: 'LOCAL',
      environment: null,
      strict: false,
      shadow: [],
      http: { host: '127.0.0.1', port: 8000 },
      log: { format: undefined, level: 'info', requests: 'all' },
      shutdown: { drainMs: 5000, timeoutMs: 25_000 },
      stores: [
        { store: 'dpm', backend: 'SQLITE', database: 'primary' },
        { store: 'advisory', backend: 'SQLITE', database: 'primary' },
      ],
      databases: [
        {
          name: 'primary',
          type: 'sqlite',
          stores: ['dpm', 'advisory'],
          path: 'data/holdfast.sqlite',
        },
      ],
      pool,
      probeTimeoutMs: 1000,
      loginIntervalSeconds: 30,
      maxLagMs: 1000,
      startupTimeoutSeconds: 30,
      migrateOnStart: false,
    });
    expect(settings).not.toHaveProperty('redisUrl');
  });

  it('of PRODUCTION', () => {
    expect(settingsOf({ ...PRODUCTION, DATABASE_URL: DSN })).toMatchObject({
      profile: 'PRODUCTION',
      http: { host: '0.0.0.0', port: 8000 },
      stores: [
        { store: 'dpm', backend: 'POSTGRES', database: 'primary' },
        { store: 'advisory', backend: 'POSTGRES', database: 'primary' },
      ],
      databases: [
        {
          name: 'primary',
          type: 'postgresql',
          stores: ['dpm', 'advisory'],
          tls: { mode: 'require' },
          applicationName: 'holdfast',
          connectTimeoutMs: 5000,
        },
      ],
      pool,
      migrateOnStart: false,
    });
  });

  it('give way to what is set', () => {
    const environment = {
      APP_ENV: 'demo',
      HOST: '::1',
      PORT: '0',
      LOG_FORMAT: 'JSON',
      LOG_LEVEL: 'Debug',
      SHUTDOWN_DRAIN_MS: '0',
      SHUTDOWN_TIMEOUT_MS: '100',
      HEALTH_PROBE_TIMEOUT_MS: '2000',
      DB_STARTUP_TIMEOUT: '3',
      DB_POOL_SIZE: '1',
      DB_MAX_OVERFLOW: '0',
      DB_POOL_TIMEOUT: '2',
      DB_POOL_RECYCLE: '0',
      DB_POOL_PRE_PING: 'false',
      DB_STATEMENT_TIMEOUT_MS: '0',
      DB_LOCK_TIMEOUT_MS: '1',
      DB_LEAK_DETECTION_MS: '0',
      MIGRATE_ON_START: 'TRUE',
      SQLITE_PATH: '/tmp/other.sqlite',
      REDIS_URL: 'rediss://:word@cache:6380/1',
    };
    const settings = settingsOf(environment);
    expect(settings).toMatchObject({
      environment: 'demo',
      http: { host: '::1', port: 0 },
      log: { format: 'json', level: 'debug', requests: 'all' },
      shutdown: { drainMs: 0, timeoutMs: 100 },
      databases: [{ type: 'sqlite', path: '/tmp/other.sqlite' }],
      pool: {
        size: 1,
        maxOverflow: 0,
        timeoutSeconds: 2,
        recycleSeconds: 0,
        statementTimeoutMs: 0,
        lockTimeoutMs: 1,
        prePing: false,
        leakDetectionMs: 0,
      },
      probeTimeoutMs: 2000,
      loginIntervalSeconds: 30,
      maxLagMs: 1000,
      startupTimeoutSeconds: 3,
      migrateOnStart: true,
    });
    expect(settings.redisUrl?.reveal()).toBe('rediss://:word@cache:6380/1');
  });

  it('cannot be changed afterwards', () => {
    expect(Object.isFrozen(settingsOf({}))).toBe(true);
  });
});

describe('the connection string of a store', () => {
  const own = 'postgresql://own@own.internal/own';
  const parts = { ...PARTS, DB_HOST: 'parts.internal' };
  const all = { ...PRODUCTION, ...parts, DATABASE_URL: DSN, [DPM_DSN]: own };
  const hostOf = (environment: Texts) => postgres(environment)[0]?.dsn.hosts[0].host;

  it('is the first of its own variable, DATABASE_URL and the parts', () => {
    expect(hostOf(all)).toBe('own.internal');
    expect(hostOf(without(all, DPM_DSN))).toBe('db.internal');
    expect(hostOf(without(all, DPM_DSN, 'DATABASE_URL'))).toBe('parts.internal');
  });

  it.each<[string, Texts, object]>([
    ['the port 5432 by default', {}, { hosts: [{ host: 'db.internal', port: 5432 }] }],
    ['DB_PORT', { DB_PORT: '6432' }, { hosts: [{ port: 6432 }] }],
    ['an IPv6 address', { DB_HOST: '::1' }, { hosts: [{ host: '::1' }] }],
    [
      'an IPv6 address in full',
      { DB_HOST: '2001:DB8:0:0:0:0:0:1' },
      { hosts: [{ host: '2001:db8::1' }] },
    ],
    ['a unix socket', { DB_HOST: '/cloudsql/p:r:i' }, { hosts: [{ host: '/cloudsql/p:r:i' }] }],
    [
      'a user and a database as they are',
      { DB_USER: 'a%40@b', DB_NAME: 'x/y?z#' },
      {
        user: 'a%40@b',
        database: 'x/y?z#',
      },
    ],
  ])('takes from the parts %s', (_name, parts, expected) => {
    expect(postgres({ ...PRODUCTION, ...PARTS, ...parts })[0]?.dsn).toMatchObject(expected);
  });

  it('names the application and bounds the connecting time', () => {
    const settings = { DB_APPLICATION_NAME: 'fast', DB_CONNECT_TIMEOUT_MS: '700' };
    const [plain] = postgres({ ...PRODUCTION, ...settings, DATABASE_URL: DSN });
    expect(plain).toMatchObject({ applicationName: 'fast', connectTimeoutMs: 700 });
    const url = `${DSN}?application_name=hold&connect_timeout=3`;
    const [told] = postgres({ ...PRODUCTION, ...settings, DATABASE_URL: url });
    expect(told).toMatchObject({ applicationName: 'hold', connectTimeoutMs: 3000 });
  });
});

describe('stores share a database', () => {
  const one = [{ name: 'primary', type: 'postgresql', stores: ['dpm', 'advisory'] }];
  const two = [
    { name: 'primary', type: 'postgresql', stores: ['dpm'] },
    { name: 'advisory', type: 'postgresql', stores: ['advisory'] },
  ];

  it.each<[string, Texts]>([
    ['DATABASE_URL for both', { DATABASE_URL: DSN }],
    ['the parts for both', { ...PARTS, DB_PASSWORD: 'secret' }],
    ['the same text in two variables', { [DPM_DSN]: DSN, [ADVISORY_DSN]: DSN }],
    ['the same text in a store variable and DATABASE_URL', { [DPM_DSN]: DSN, DATABASE_URL: DSN }],
    [
      'another spelling of the same',
      { [DPM_DSN]: DSN, [ADVISORY_DSN]: 'postgres://%61pp:secre%74@DB.Internal/holdfast' },
    ],
    [
      'the same parameters in another order',
      {
        [DPM_DSN]: `${DSN}?sslmode=require&application_name=a`,
        [ADVISORY_DSN]: `${DSN}?application_name=a&sslmode=require`,
      },
    ],
    [
      'the same as parts, without a password',
      { [DPM_DSN]: 'postgresql://app@db.internal/holdfast', ...PARTS },
    ],
    [
      'the same as parts, with a password',
      { [DPM_DSN]: DSN, ...PARTS, DB_PORT: '5432', DB_PASSWORD: 'secret' },
    ],
  ])('with %s', (_name, environment) => {
    expect(databases({ ...PRODUCTION, ...environment })).toEqual(one);
  });

  it.each<[string, string]>([
    ['user', 'postgresql://other:secret@db.internal:5432/holdfast'],
    ['password', 'postgresql://app:other@db.internal:5432/holdfast'],
    ['letter case of the password', 'postgresql://app:SECRET@db.internal:5432/holdfast'],
    ['missing password', 'postgresql://app@db.internal:5432/holdfast'],
    ['host', 'postgresql://app:secret@other.internal:5432/holdfast'],
    ['port', 'postgresql://app:secret@db.internal:5433/holdfast'],
    ['database', 'postgresql://app:secret@db.internal:5432/other'],
    ['letter case of the database', 'postgresql://app:secret@db.internal:5432/Holdfast'],
    ['encryption', `${DSN}?sslmode=verify-full`],
    ['application name', `${DSN}?application_name=other`],
  ])('not with another %s', (_name, other) => {
    expect(databases({ ...PRODUCTION, [DPM_DSN]: DSN, [ADVISORY_DSN]: other })).toEqual(two);
  });

  it('in any mixture, each named by its first store', () => {
    const environment = {
      ...PRODUCTION,
      DPM_POLICY_PACKS_ENABLED: 'true',
      DATABASE_URL: DSN,
      [ADVISORY_DSN]: 'postgresql://app:secret@other.internal/holdfast',
    };
    expect(databases(environment)).toEqual([
      { name: 'primary', type: 'postgresql', stores: ['dpm', 'policy_packs'] },
      { name: 'advisory', type: 'postgresql', stores: ['advisory'] },
    ]);
    expect(settingsOf(environment).stores).toEqual([
      { store: 'dpm', backend: 'POSTGRES', database: 'primary' },
      { store: 'advisory', backend: 'POSTGRES', database: 'advisory' },
      { store: 'policy_packs', backend: 'POSTGRES', database: 'primary' },
    ]);
  });

  it('of the backend that each is on under LOCAL', () => {
    const environment = {
      DPM_POLICY_PACKS_ENABLED: 'true',
      DPM_SUPPORTABILITY_STORE_BACKEND: 'IN_MEMORY',
      PROPOSAL_STORE_BACKEND: 'SQLITE',
      DPM_POLICY_PACK_CATALOG_BACKEND: 'POSTGRES',
      [POLICY_PACK_DSN]: DSN,
    };
    expect(databases(environment)).toEqual([
      { name: 'primary', type: 'sqlite', stores: ['advisory'] },
      { name: 'policy_packs', type: 'postgresql', stores: ['policy_packs'] },
    ]);
    expect(settingsOf(environment).stores).toEqual([
      { store: 'dpm', backend: 'IN_MEMORY' },
      { store: 'advisory', backend: 'SQLITE', database: 'primary' },
      { store: 'policy_packs', backend: 'POSTGRES', database: 'policy_packs' },
    ]);
  });

  it('that does not exist when all are in memory', () => {
    const environment = {
      DPM_SUPPORTABILITY_STORE_BACKEND: 'IN_MEMORY',
      PROPOSAL_STORE_BACKEND: 'IN_MEMORY',
    };
    expect(databases(environment)).toEqual([]);
  });
});

describe('the encryption of a connection', () => {
  const CA = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
  const asked = [undefined, ...SSL_MODES];
  const cases = asked.flatMap((dsn) => asked.map((setting) => ({ dsn, setting })));
  const strength: Readonly<Record<SslMode, number>> = {
    disable: 0,
    require: 1,
    'verify-ca': 2,
    'verify-full': 3,
  };

  const environmentOf = (profile: Profile, dsn?: SslMode, setting?: SslMode): Texts => ({
    APP_PERSISTENCE_PROFILE: profile,
    DB_TYPE: 'postgresql',
    DATABASE_URL: dsn === undefined ? DSN : `${DSN}?sslmode=${dsn}`,
    ...(setting !== undefined && { DB_SSL_MODE: setting }),
  });

  it.each(cases.filter(({ dsn, setting }) => dsn !== undefined || setting !== undefined))(
    'is the stronger of sslmode=$dsn and DB_SSL_MODE=$setting under both profiles',
    ({ dsn, setting }) => {
      const strongest = Math.max(
        ...[dsn, setting].flatMap((mode) => (mode ? [strength[mode]] : [])),
      );
      for (const profile of ['LOCAL', 'PRODUCTION'] as const) {
        const environment = { ...environmentOf(profile, dsn, setting), DB_SSL_CA_FILE: '/ca.pem' };
        const mode = postgres(environment, { '/ca.pem': CA })[0]?.tls.mode;
        expect(mode && strength[mode]).toBe(strongest);
      }
    },
  );

  it('unasked is disable under LOCAL and require under PRODUCTION', () => {
    expect(postgres(environmentOf('LOCAL'))[0]?.tls).toEqual({ mode: 'disable' });
    expect(postgres(environmentOf('PRODUCTION'))[0]?.tls).toEqual({ mode: 'require' });
  });

  it.each<[string, SslMode]>([
    ['localhost', 'disable'],
    ['LOCALHOST', 'disable'],
    ['127.0.0.1', 'disable'],
    ['127.8.9.10', 'disable'],
    ['[::1]', 'disable'],
    ['[0:0:0:0:0:0:0:1]', 'disable'],
    ['localhost.evil.example', 'require'],
    ['evil-localhost', 'require'],
    ['127.0.0.1.evil.example', 'require'],
    ['1127.0.0.1', 'require'],
    ['128.0.0.1', 'require'],
    ['10.0.0.1', 'require'],
    ['0.0.0.0', 'require'],
    ['[::2]', 'require'],
    ['[2001:db8::1]', 'require'],
    ['db', 'require'],
  ])('unasked under PRODUCTION to %s is %s', (host, mode) => {
    const environment = { ...PRODUCTION, DATABASE_URL: `postgresql://app:secret@${host}/hold` };
    expect(postgres(environment)[0]?.tls.mode).toBe(mode);
    expect(postgres({ ...environment, DB_SSL_MODE: 'verify-full' })[0]?.tls.mode).toBe(
      'verify-full',
    );
  });

  it('is a matter of the connection alone', () => {
    const hosts = [{ host: 'db', port: 5432 }] as const;
    const dsn: Dsn = { user: 'app', hosts, database: 'hold', sslMode: 'require' };
    expect(sslMode('LOCAL', dsn, undefined)).toBe('require');
    expect(sslMode('PRODUCTION', dsn, 'verify-full')).toBe('verify-full');
  });

  it('trusts the authorities of DB_SSL_CA_FILE', () => {
    const ca = CA;
    const environment = { ...environmentOf('PRODUCTION'), DB_SSL_CA_FILE: '/ca.pem' };
    expect(postgres(environment, { '/ca.pem': ca })[0]?.tls).toEqual({ mode: 'require', ca });
  });
});
