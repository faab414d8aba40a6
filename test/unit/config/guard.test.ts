import { describe, expect, it } from '@jest/globals';
import { configure, refusal } from '@holdfast/guard/configure';
import { faultsOf, service, settingsOf, type Texts, violationsOf, without } from './judge.js';
import { WITHOUT_CALLERS } from '../../support/without-callers.js';

const DSN = 'postgresql://app:secret@db.internal:5432/holdfast';
const LOCAL = { APP_PERSISTENCE_PROFILE: 'LOCAL' };
const PRODUCTION = { APP_PERSISTENCE_PROFILE: 'PRODUCTION', DATABASE_URL: DSN };
const PARTS = { DB_HOST: 'db.internal', DB_NAME: 'holdfast', DB_USER: 'app' } as const;
const REDIS = { REDIS_URL: 'redis://cache.internal:6379/0' };

const DPM = {
  backend: 'DPM_SUPPORTABILITY_STORE_BACKEND',
  dsn: 'DPM_SUPPORTABILITY_POSTGRES_DSN',
} as const;
const ADVISORY = { backend: 'PROPOSAL_STORE_BACKEND', dsn: 'PROPOSAL_POSTGRES_DSN' } as const;
const POLICY_PACK = {
  backend: 'DPM_POLICY_PACK_CATALOG_BACKEND',
  dsn: 'DPM_POLICY_PACK_POSTGRES_DSN',
} as const;

describe('the profile', () => {
  it.each<[string, Texts, string]>([
    ['LOCAL when nothing is set', {}, 'LOCAL'],
    ['LOCAL when asked', { APP_PERSISTENCE_PROFILE: 'LOCAL' }, 'LOCAL'],
    ['LOCAL in any case and between blanks', { APP_PERSISTENCE_PROFILE: ' local\t' }, 'LOCAL'],
    ['PRODUCTION when asked', PRODUCTION, 'PRODUCTION'],
    [
      'PRODUCTION in any case and between blanks',
      { ...PRODUCTION, APP_PERSISTENCE_PROFILE: ' Production ' },
      'PRODUCTION',
    ],
    ['LOCAL in a lax environment', { APP_ENV: 'dev' }, 'LOCAL'],
    ['LOCAL in one that is known by another name', { AB_ENV: ' CI ' }, 'LOCAL'],
    ['LOCAL by its name, on a platform', { APP_ENV: 'demo', DYNO: 'web.1' }, 'LOCAL'],
    ['LOCAL when asked, in an unknown environment', { ...LOCAL, APP_ENV: 'qa' }, 'LOCAL'],
    ['LOCAL when asked, on a platform', { ...LOCAL, K_SERVICE: 'holdfast' }, 'LOCAL'],
    [
      'PRODUCTION when asked, in an unknown environment',
      { ...PRODUCTION, ENV: 'qa' },
      'PRODUCTION',
    ],
    ['PRODUCTION when asked, on a platform', { ...PRODUCTION, RENDER: 'true' }, 'PRODUCTION'],
    ['LOCAL under NODE_ENV=test', { NODE_ENV: 'test' }, 'LOCAL'],
    ['LOCAL under CI_STRICT=0', { CI_STRICT: '0' }, 'LOCAL'],
    ['LOCAL under CI_STRICT=false', { CI_STRICT: 'false' }, 'LOCAL'],
    [
      'PRODUCTION under NODE_ENV=production',
      { NODE_ENV: 'production', DATABASE_URL: DSN },
      'PRODUCTION',
    ],
    [
      'LOCAL when asked under NODE_ENV=production, a build mode',
      { ...LOCAL, NODE_ENV: 'production' },
      'LOCAL',
    ],
    [
      'PRODUCTION when asked in a lax environment',
      { ...PRODUCTION, APP_ENV: 'dev', NODE_ENV: 'development' },
      'PRODUCTION',
    ],
  ])('is %s', (_name, environment, profile) => {
    expect(settingsOf(environment)).toMatchObject({ profile, strict: false });
  });

  const strict: readonly Texts[] = [
    { APP_ENV: 'prod' },
    { APP_ENV: 'production' },
    { APP_ENV: 'staging' },
    { APP_ENV: 'PROD' },
    { APP_ENV: ' Staging ' },
    { APP_ENV: 'prod-eu' },
    { APP_ENV: 'EU_PRODUCTION' },
    { APP_ENV: 'preprod' },
    { APP_ENV: 'eu.prd.1' },
    { APP_ENV: 'live' },
    { APP_ENV: 'non-prod' },
    { APP_ENV: '\uFEFFproduction' },
    { APP_ENV: 'production\u200B' },
    { APP_ENV: '"production' },
    { APP_ENV: 'production\r' },
    { APP_ENV: '\uFF50\uFF52\uFF4F\uFF44' },
    { ENV: 'stage' },
    { ENV: 'stg2/stg' },
    { APP_ENV: 'qa', AB_ENV: 'prod' },
    { ENV: 'prod' },
    { AB_ENV: 'Production' },
    { APP_ENV: 'dev', ENV: 'prod' },
    { APP_ENV: 'dev', ENV: 'test', AB_ENV: 'staging' },
    { CI_STRICT: '1' },
    { CI_STRICT: 'true' },
    { APP_ENV: 'dev', CI_STRICT: 'TRUE' },
    { APP_ENV: 'prod', CI_STRICT: '0' },
    { APP_ENV: 'prod', NODE_ENV: 'test' },
  ];

  it.each(strict)('is PRODUCTION in the strict environment %j', (environment) => {
    const settings = settingsOf({ ...environment, DATABASE_URL: DSN, ...REDIS });
    expect(settings).toMatchObject({ profile: 'PRODUCTION', strict: true });
  });

  it.each(strict)('cannot be LOCAL in the strict environment %j', (environment) => {
    expect(faultsOf({ ...LOCAL, ...environment, ...REDIS })).toEqual([
      'PERSISTENCE_PROFILE_CONFLICTS_WITH_ENVIRONMENT APP_PERSISTENCE_PROFILE',
    ]);
  });

  it.each<[string, Texts]>([
    ['APP_ENV', { APP_ENV: 'qa' }],
    ['APP_ENV', { APP_ENV: 'dev-anna' }],
    ['APP_ENV', { APP_ENV: 'prodEu' }],
    ['APP_ENV', { APP_ENV: 'pro\u200Bduction' }],
    ['APP_ENV', { APP_ENV: '\u200B' }],
    ['APP_ENV', { APP_ENV: '---' }],
    ['AB_ENV', { APP_ENV: 'dev', AB_ENV: 'uat' }],
    ['ENV', { ENV: '/root/.shrc', APP_ENV: 'dev' }],
    ['APP_ENV', { APP_ENV: 'qa', KUBERNETES_SERVICE_HOST: '10.0.0.1' }],
  ])('is not guessed: %s decides nothing in %j', (variable, environment) => {
    expect(faultsOf(environment)).toEqual([`PERSISTENCE_PROFILE_UNDECIDED ${variable}`]);
    expect(faultsOf({ ...environment, DATABASE_URL: DSN })).toEqual([
      `PERSISTENCE_PROFILE_UNDECIDED ${variable}`,
    ]);
    const production = { ...environment, NODE_ENV: 'production', DATABASE_URL: DSN };
    expect(settingsOf(production).profile).toBe('PRODUCTION');
  });

  it.each([
    'KUBERNETES_SERVICE_HOST',
    'DYNO',
    'FLY_APP_NAME',
    'RENDER',
    'RAILWAY_ENVIRONMENT_NAME',
    'K_SERVICE',
    'ECS_CONTAINER_METADATA_URI_V4',
    'WEBSITE_SITE_NAME',
    'SPACE_ID',
    'NOMAD_ALLOC_ID',
    'CONTAINER_APP_NAME',
  ])('is not guessed on a platform, and %s is named', (mark) => {
    const faults = [`PERSISTENCE_PROFILE_UNDECIDED ${mark}`];
    expect(faultsOf({ [mark]: 'x' })).toEqual(faults);
    expect(faultsOf({ [mark]: 'x' }, { '.env': 'APP_PERSISTENCE_PROFILE=LOCAL' })).toEqual(faults);
    expect(faultsOf({ [mark]: 'x', APP_ENV: ' ', NODE_ENV: 'test' })).toEqual(faults);
    expect(faultsOf({ [mark]: '' })).toEqual(faults);
  });

  it.each(['PROD', 'production!', 'LOCAL,PRODUCTION', 'test', '0', '', '  '])(
    'cannot be %j',
    (text) => {
      expect(faultsOf({ ...PRODUCTION, APP_PERSISTENCE_PROFILE: text })).toEqual([
        'PERSISTENCE_PROFILE_UNKNOWN APP_PERSISTENCE_PROFILE',
      ]);
    },
  );

  it.each<[Texts, string | null]>([
    [{}, null],
    [{ APP_ENV: 'dev' }, 'dev'],
    [{ ENV: ' ci ' }, 'ci'],
    [{ AB_ENV: 'test' }, 'test'],
    [{ ...LOCAL, APP_ENV: 'dev', ENV: 'qa', AB_ENV: 'lab' }, 'dev'],
    [{ ...LOCAL, APP_ENV: ' ', ENV: 'qa', AB_ENV: 'lab' }, 'qa'],
  ])('goes with the environment that %j names', (environment, name) => {
    expect(settingsOf(environment).environment).toBe(name);
  });

  it('that is unknown leaves the rules of the stores alone and checks the rest', () => {
    const environment = {
      APP_PERSISTENCE_PROFILE: 'TEST',
      APP_ENV: 'prod',
      [DPM.backend]: 'MYSQL',
      [ADVISORY.backend]: 'POSTGRES',
      DB_POOL_SIZE: 'many',
    };
    expect(faultsOf(environment)).toEqual([
      'PERSISTENCE_PROFILE_UNKNOWN APP_PERSISTENCE_PROFILE',
      'ENVIRONMENT_REQUIRES_REDIS_URL REDIS_URL',
      'SETTING_INVALID DB_POOL_SIZE',
    ]);
  });
});

describe.each([
  { name: 'dpm', prefix: 'DPM', ...DPM, on: {} },
  { name: 'advisory', prefix: 'ADVISORY', ...ADVISORY, on: {} },
  {
    name: 'policy_packs',
    prefix: 'POLICY_PACK',
    ...POLICY_PACK,
    on: { DPM_POLICY_PACKS_ENABLED: 'true' } as Texts,
  },
  {
    name: 'policy_packs',
    prefix: 'POLICY_PACK',
    ...POLICY_PACK,
    on: { DPM_POLICY_PACK_ADMIN_APIS_ENABLED: '1' } as Texts,
  },
])('the $name store, turned on by $on', ({ name, prefix, backend, dsn, on }) => {
  const production = { ...PRODUCTION, ...on };
  const bindingOf = (environment: Texts) =>
    settingsOf(environment).stores.find(({ store }) => store === name);
  /** Every store of this build has a connection string but this one. */
  const othersAlone: Texts = {
    ...Object.fromEntries([DPM, ADVISORY, POLICY_PACK].map((store) => [store.dsn, DSN])),
    APP_PERSISTENCE_PROFILE: 'PRODUCTION',
    ...on,
  };
  const withoutDsn = without(othersAlone, dsn);

  it.each(['IN_MEMORY', 'in_memory', 'SQLITE', 'sqlite', 'SQL', 'Sql'])(
    'may not be on %s under PRODUCTION',
    (text) => {
      expect(faultsOf({ ...production, [backend]: text })).toEqual([
        `PERSISTENCE_PROFILE_REQUIRES_${prefix}_POSTGRES ${backend}`,
      ]);
    },
  );

  it.each(['POSTGRES', 'postgres', 'POSTGRESQL', 'PostgreSQL'])(
    'may be on %s under PRODUCTION',
    (text) => {
      expect(bindingOf({ ...production, [backend]: text })).toEqual({
        store: name,
        backend: 'POSTGRES',
        database: 'primary',
      });
    },
  );

  it('is on POSTGRES under PRODUCTION unless told otherwise', () => {
    expect(bindingOf(production)?.backend).toBe('POSTGRES');
    expect(bindingOf({ ...production, DB_TYPE: 'sqlite' })?.backend).toBe('POSTGRES');
  });

  it('needs a connection string under PRODUCTION', () => {
    const expected = [`PERSISTENCE_PROFILE_REQUIRES_${prefix}_POSTGRES_DSN ${dsn}`];
    expect(faultsOf(othersAlone)).toEqual([]);
    expect(faultsOf(withoutDsn)).toEqual(expected);
    const { DB_HOST, DB_NAME, DB_USER } = PARTS;
    for (const some of [
      { DB_HOST, DB_NAME },
      { DB_HOST, DB_USER },
      { DB_NAME, DB_USER },
    ]) {
      expect(faultsOf({ ...withoutDsn, ...some })).toEqual(expected);
    }
    expect(faultsOf({ ...withoutDsn, ...PARTS })).toEqual([]);
    expect(faultsOf({ ...withoutDsn, DATABASE_URL: DSN })).toEqual([]);
  });

  it('says by which variables a connection string can be given', () => {
    const [violation] = violationsOf(withoutDsn);
    for (const variable of [dsn, `${dsn}_FILE`, 'DATABASE_URL', 'DB_HOST', 'DB_NAME', 'DB_USER']) {
      expect(violation?.fix).toContain(variable);
    }
  });

  it('needs a connection string under LOCAL when it is on POSTGRES', () => {
    const environment = { ...LOCAL, ...on, [backend]: 'postgres' };
    expect(faultsOf(environment)).toEqual([`STORE_REQUIRES_POSTGRES_DSN ${dsn}`]);
    expect(bindingOf({ ...environment, [dsn]: DSN })?.backend).toBe('POSTGRES');
    expect(bindingOf({ ...environment, DATABASE_URL: DSN })?.backend).toBe('POSTGRES');
    expect(bindingOf({ ...environment, ...PARTS })?.backend).toBe('POSTGRES');
  });

  it.each<[string | undefined, string | undefined, string]>([
    [undefined, undefined, 'SQLITE'],
    [undefined, 'sqlite', 'SQLITE'],
    [undefined, 'postgresql', 'POSTGRES'],
    ['IN_MEMORY', undefined, 'IN_MEMORY'],
    ['in_memory', 'postgresql', 'IN_MEMORY'],
    ['SQLITE', 'postgresql', 'SQLITE'],
    ['SQL', 'postgresql', 'SQLITE'],
    ['sql', undefined, 'SQLITE'],
    ['Postgres', undefined, 'POSTGRES'],
    ['POSTGRESQL', 'sqlite', 'POSTGRES'],
  ])('with backend %s and DB_TYPE %s is on %s under LOCAL', (text, type, expected) => {
    const environment = {
      ...LOCAL,
      ...on,
      DATABASE_URL: DSN,
      ...(text !== undefined && { [backend]: text }),
      ...(type !== undefined && { DB_TYPE: type }),
    };
    expect(bindingOf(environment)?.backend).toBe(expected);
  });

  it.each(['MYSQL', 'POSTGRE', 'IN-MEMORY', 'constructor', '__proto__', '', ' '])(
    'cannot be on %j',
    (text) => {
      const expected = [`STORE_BACKEND_UNKNOWN ${backend}`];
      expect(faultsOf({ ...production, [backend]: text })).toEqual(expected);
      expect(faultsOf({ ...LOCAL, ...on, [backend]: text })).toEqual(expected);
    },
  );

  it.each<[string, string]>([
    ['', 'DSN_EMPTY'],
    ['  ', 'DSN_EMPTY'],
    ['undefined', 'DSN_EMPTY'],
    ['null', 'DSN_EMPTY'],
    ['sqlite:///data/holdfast.sqlite', 'DSN_SCHEME_UNSUPPORTED'],
    ['postgresql+asyncpg://app:secret@db/hold', 'DSN_SCHEME_UNSUPPORTED'],
    ['postgresql://app:sec%zz@db/hold', 'DSN_MALFORMED'],
    ['postgresql://app:secret@db', 'DSN_MALFORMED'],
    ['postgresql://app:secret@db1,,db2/hold', 'DSN_MALFORMED'],
    ['postgresql://app:sec#ret@db/hold', 'DSN_PASSWORD_NOT_ENCODED'],
    ['postgresql://app:secret@db/hold?host=evil', 'DSN_PARAMETER_UNSUPPORTED'],
  ])('cannot have the connection string %j', (text, code) => {
    const expected = [`${code} ${dsn}`];
    expect(faultsOf({ ...production, [dsn]: text })).toEqual(expected);
    expect(faultsOf({ ...withoutDsn, [dsn]: text })).toEqual(expected);
    expect(faultsOf({ ...LOCAL, ...on, [backend]: 'POSTGRES', [dsn]: text })).toEqual(expected);
    expect(faultsOf({ ...LOCAL, ...on, [backend]: 'SQLITE', [dsn]: text })).toEqual([]);
  });
});

describe('the policy-pack store, turned off', () => {
  it.each<Texts>([
    {},
    { DPM_POLICY_PACKS_ENABLED: 'false' },
    { DPM_POLICY_PACKS_ENABLED: '0', DPM_POLICY_PACK_ADMIN_APIS_ENABLED: 'no' },
    { DPM_POLICY_PACK_ADMIN_APIS_ENABLED: '' },
  ])('by %j is not required to be on POSTGRES', (flags) => {
    const environment = { ...PRODUCTION, ...flags, [POLICY_PACK.backend]: 'SQLITE' };
    expect(faultsOf(environment)).toEqual([]);
    expect(settingsOf(environment).stores.map(({ store }) => store)).toEqual(['dpm', 'advisory']);
  });
});

describe('ENVIRONMENT_REQUIRES_REDIS_URL', () => {
  const strict = { APP_ENV: 'staging', DATABASE_URL: DSN };

  it.each<[string, Texts]>([
    ['unset', {}],
    ['blank', { REDIS_URL: ' ' }],
  ])('when REDIS_URL is %s in a strict environment', (_name, redis) => {
    expect(faultsOf({ ...strict, ...redis })).toEqual(['ENVIRONMENT_REQUIRES_REDIS_URL REDIS_URL']);
    expect(faultsOf({ ...strict, ...redis, APP_ENV: 'dev', CI_STRICT: '1' })).toEqual([
      'ENVIRONMENT_REQUIRES_REDIS_URL REDIS_URL',
    ]);
  });

  it('not in a lax environment, whatever the profile', () => {
    expect(faultsOf(PRODUCTION)).toEqual([]);
    expect(faultsOf({ NODE_ENV: 'production', DATABASE_URL: DSN })).toEqual([]);
    expect(faultsOf(LOCAL)).toEqual([]);
  });

  it('not when it is given, in a variable or a file', () => {
    expect(faultsOf({ ...strict, ...REDIS })).toEqual([]);
    expect(faultsOf({ ...strict, REDIS_URL: 'rediss://:pw@cache:6380' })).toEqual([]);
    expect(faultsOf({ ...strict, REDIS_URL_FILE: '/r' }, { '/r': `${REDIS.REDIS_URL}\n` })).toEqual(
      [],
    );
  });

  it('not in addition when it is given and wrong', () => {
    expect(faultsOf({ ...strict, REDIS_URL: 'http://cache' })).toEqual([
      'SETTING_INVALID REDIS_URL',
    ]);
    expect(faultsOf({ ...strict, REDIS_URL_FILE: '/none' })).toEqual([
      'SECRET_FILE_UNREADABLE REDIS_URL_FILE',
    ]);
  });
});

describe('a connection string', () => {
  it('is judged once when several stores use it', () => {
    expect(faultsOf({ APP_PERSISTENCE_PROFILE: 'PRODUCTION', DATABASE_URL: 'mysql://h' })).toEqual([
      'DSN_SCHEME_UNSUPPORTED DATABASE_URL',
    ]);
  });

  it('is judged for each variable by itself', () => {
    const environment = { ...PRODUCTION, [DPM.dsn]: '', [ADVISORY.dsn]: 'mysql://h' };
    expect(faultsOf(environment)).toEqual([
      `DSN_EMPTY ${DPM.dsn}`,
      `DSN_SCHEME_UNSUPPORTED ${ADVISORY.dsn}`,
    ]);
  });

  it('does not matter where no store on POSTGRES uses it', () => {
    expect(faultsOf({ ...LOCAL, DATABASE_URL: 'mysql://h', [DPM.dsn]: '' })).toEqual([]);
    const shadowed = { ...PRODUCTION, DATABASE_URL: 'mysql://h' };
    expect(faultsOf({ ...shadowed, [DPM.dsn]: DSN, [ADVISORY.dsn]: DSN })).toEqual([]);
    expect(faultsOf({ ...PRODUCTION, DB_HOST: 'a,b', DB_NAME: 'n', DB_USER: 'u' })).toEqual([]);
  });

  it.each([
    ['db1,db2', 'DSN_MULTIPLE_HOSTS'],
    ['db internal', 'DSN_MALFORMED'],
    ['db/other', 'DSN_MALFORMED'],
    ['var/run/postgresql', 'DSN_MALFORMED'],
  ])('from the parts has its host judged: %j', (host, code) => {
    const environment = { APP_PERSISTENCE_PROFILE: 'PRODUCTION', ...PARTS, DB_HOST: host };
    expect(faultsOf(environment)).toEqual([`${code} DB_HOST`]);
  });

  it.each<[string, readonly string[]]>([
    [DSN, []],
    [`${DSN}, ${DSN}`, []],
    ['', ['DSN_EMPTY']],
    [`${DSN},`, ['DSN_EMPTY']],
    [`mysql://h,${DSN},postgresql://app@db`, ['DSN_SCHEME_UNSUPPORTED', 'DSN_MALFORMED']],
  ])('of a read replica is judged under every profile: %j', (text, codes) => {
    const expected = codes.map((code) => `${code} DB_READ_REPLICA_URLS`);
    expect(faultsOf({ ...LOCAL, DB_READ_REPLICA_URLS: text })).toEqual(expected);
    expect(faultsOf({ ...PRODUCTION, DB_READ_REPLICA_URLS: text })).toEqual(expected);
  });
});

describe('SETTING_INVALID', () => {
  it.each<[string, readonly string[]]>([
    ['PORT', ['-1', '65536', '80.5', 'http', '0x50', 'Infinity']],
    ['DB_POOL_SIZE', ['0', '-1', '1.5', 'five', 'NaN']],
    ['DB_MAX_OVERFLOW', ['-1', 'ten']],
    ['DB_POOL_TIMEOUT', ['0', '30s']],
    ['DB_POOL_RECYCLE', ['-1', 'never']],
    ['DB_POOL_PRE_PING', ['maybe', '2']],
    ['DB_CONNECT_TIMEOUT_MS', ['0', '5s']],
    ['DB_STATEMENT_TIMEOUT_MS', ['-1', '30s']],
    ['DB_LOCK_TIMEOUT_MS', ['-1', 'long']],
    ['DB_LEAK_DETECTION_MS', ['-1', 'off']],
    ['DB_REPLICA_MAX_LAG_MS', ['0', '99', '1s']],
    ['DB_STARTUP_TIMEOUT', ['0', 'soon']],
    ['MIGRATION_LOCK_TIMEOUT', ['0', 'soon']],
    ['SHUTDOWN_DRAIN_MS', ['-1', '5s', '25000', '600000']],
    ['SHUTDOWN_TIMEOUT_MS', ['99', 'never']],
    ['HEALTH_PROBE_TIMEOUT_MS', ['99', '2001', '1s']],
    ['DB_SSL_MODE', ['prefer', 'no-verify', 'true']],
    ['DB_TYPE', ['postgres', 'mysql']],
    ['DB_APPLICATION_NAME', ['a'.repeat(64), 'naïve']],
    ['LOG_FORMAT', ['text']],
    ['LOG_LEVEL', ['verbose']],
    ['CI_STRICT', ['maybe', '2']],
    ['MIGRATE_ON_START', ['maybe']],
    ['DPM_POLICY_PACKS_ENABLED', ['maybe']],
    ['DPM_POLICY_PACK_ADMIN_APIS_ENABLED', ['maybe']],
    ['APP_PERSISTENCE_SHADOW_PROFILE', ['STAGING']],
    ['REDIS_URL', ['http://cache', 'cache:6379', 'redis']],
    ['REDIS_URL', ['redis://cache:99999', 'redis://cache/main', 'redis://password@cache']],
    ['REDIS_URL', ['redis://cache/0#1', 'redis:///0', 'redis://cache?retryStrategy=1']],
    ['REDIS_URL', ['redis://cache/0?enableOfflineQueue=true', 'redis://cache?tls=RedisCloudFixed']],
    ['DB_SSL_CA_FILE', ['/none.pem', '/empty.pem']],
    ['REDIS_TLS_CA_FILE', ['/none.pem', '/empty.pem']],
    ['TRUSTED_PROXIES', ['true', 'proxy.internal', '10.0.0.0/33', '::/129', '10.0.0.1,', '1']],
    ['RATE_LIMIT_REQUESTS', ['-1', '1.5', 'off']],
    ['RATE_LIMIT_READS', ['-1', '1.5', 'off']],
    ['RATE_LIMIT_REFUSED', ['1000000001']],
    ['HSTS_SECONDS', ['-1', '63072001', '1y']],
    ['CORS_ORIGINS', ['app.example.com', 'https://app.example.com/', 'https://app.example.com/a']],
    ['CORS_ORIGINS', ['null', 'https://*.example.com', 'HTTPS://app.example.com', 'ftp://a']],
    [
      'CORS_ORIGINS',
      ['https://a.test,', 'https://u@a.test', 'https://a.test:443', 'https://É.test'],
    ],
    ['RATE_LIMIT_WINDOW_SECONDS', ['0', '1m']],
    ['RATE_LIMIT_INSTANCES', ['0', 'all']],
  ])('%s refuses %j', (variable, texts) => {
    for (const text of texts) {
      expect(faultsOf({ ...PRODUCTION, [variable]: text }, { '/empty.pem': 'none' })).toEqual([
        `SETTING_INVALID ${variable}`,
      ]);
    }
  });

  it.each([
    ['DB_POOL_SIZE', 'unguessable'],
    ['DB_SSL_MODE', 'unguessable'],
    ['LOG_LEVEL', 'unguessable'],
    ['DB_TYPE', 'unguessable'],
    ['REDIS_URL', 'http://:unguessable@cache'],
    ['DB_APPLICATION_NAME', 'unguessable\u0007'],
  ])('says what %s must be without repeating what it is', (variable, text) => {
    const [violation] = violationsOf({ ...LOCAL, [variable]: text });
    expect(violation?.message).toMatch(/^must be /);
    expect(JSON.stringify(violation)).not.toContain('unguessable');
  });

  it.each(['0', '65536', 'five', 'tcp://10.0.0.1:5432'])(
    'is said of DB_PORT=%s where the parts are used, and nowhere else',
    (DB_PORT) => {
      const faults = ['SETTING_INVALID DB_PORT'];
      const production = { APP_PERSISTENCE_PROFILE: 'PRODUCTION', DB_PORT };
      expect(faultsOf({ ...production, ...PARTS })).toEqual(faults);
      expect(faultsOf({ ...LOCAL, DB_TYPE: 'postgresql', ...PARTS, DB_PORT })).toEqual(faults);
      expect(faultsOf({ ...production, [DPM.dsn]: DSN, ...PARTS })).toEqual(faults);
      expect(faultsOf({ ...production, DATABASE_URL: DSN })).toEqual([]);
      expect(faultsOf({ ...production, DATABASE_URL: DSN, ...PARTS })).toEqual([]);
      expect(faultsOf({ ...LOCAL, DB_PORT })).toEqual([]);
    },
  );

  it('tells how to be rid of the DB_PORT that Kubernetes sets', () => {
    const environment = { APP_PERSISTENCE_PROFILE: 'PRODUCTION', ...PARTS };
    const [link] = violationsOf({ ...environment, DB_PORT: 'tcp://10.0.0.1:5432' });
    expect(link?.fix).toContain('enableServiceLinks: false');
    const [typo] = violationsOf({ ...environment, DB_PORT: 'five' });
    expect(typo?.fix).not.toContain('enableServiceLinks');
  });

  it('tells a drain that is longer than the whole stop by the drain', () => {
    const bounds = { SHUTDOWN_DRAIN_MS: '4999', SHUTDOWN_TIMEOUT_MS: '5000' };
    expect(faultsOf({ ...PRODUCTION, ...bounds })).toEqual([]);
    expect(faultsOf({ ...PRODUCTION, SHUTDOWN_TIMEOUT_MS: '5000' })).toEqual([
      'SETTING_INVALID SHUTDOWN_DRAIN_MS',
    ]);
  });

  it('tells a rate limit of which an instance would have nothing', () => {
    expect(faultsOf({ ...LOCAL, RATE_LIMIT_INSTANCES: '3' })).toEqual([]);
    const limit = { RATE_LIMIT_INSTANCES: '3', RATE_LIMIT_REQUESTS: '3' };
    expect(faultsOf({ ...LOCAL, ...limit })).toEqual([]);
    for (const name of ['REQUESTS', 'READS', 'WRITES', 'OPERATIONS', 'REFUSED']) {
      const variable = `RATE_LIMIT_${name}`;
      expect(faultsOf({ ...LOCAL, ...limit, [variable]: '2' })).toEqual([
        `SETTING_INVALID ${variable}`,
      ]);
      expect(faultsOf({ ...LOCAL, ...limit, [variable]: '0' })).toEqual([]);
    }
  });

  it('has a limit for each class of requests, most of which follow one', () => {
    const limitsOf = (environment: Texts) => settingsOf(environment).rateLimit.requests;
    const off = { reads: 0, writes: 0, operations: 0, refused: 0 };
    expect(limitsOf(LOCAL)).toEqual(off);
    expect(limitsOf({ ...LOCAL, RATE_LIMIT_REQUESTS: '9' })).toEqual({
      ...off,
      reads: 9,
      writes: 9,
      refused: 9,
    });
    const each = { READS: '1', WRITES: '2', OPERATIONS: '3', REFUSED: '0' };
    const given = Object.fromEntries(
      Object.entries(each).map(([name, text]) => [`RATE_LIMIT_${name}`, text]),
    );
    expect(limitsOf({ ...LOCAL, RATE_LIMIT_REQUESTS: '9', ...given })).toEqual({
      reads: 1,
      writes: 2,
      operations: 3,
      refused: 0,
    });
    expect(limitsOf(PRODUCTION)).toEqual(off);
    const proven = { ...PRODUCTION, AUTH_MODE: 'jwt', JWT_SIGNING_KEY: 'k'.repeat(32) };
    expect(limitsOf(proven)).toEqual({ ...off, refused: 600 });
    expect(limitsOf({ ...proven, RATE_LIMIT_INSTANCES: '700' })).toEqual({ ...off, refused: 700 });
    expect(limitsOf({ ...proven, RATE_LIMIT_REFUSED: '0' })).toEqual(off);
  });

  it('lets scripts of listed origins read, and of all under LOCAL alone', () => {
    const originsOf = (environment: Texts) => settingsOf(environment).http.allowedOrigins;
    expect(originsOf(PRODUCTION)).toEqual([]);
    const listed = 'https://app.example.com , http://localhost:5173';
    expect(originsOf({ ...PRODUCTION, CORS_ORIGINS: listed })).toEqual([
      'https://app.example.com',
      'http://localhost:5173',
    ]);
    expect(originsOf({ ...LOCAL, CORS_ORIGINS: '*' })).toEqual(['*']);
    for (const all of ['*', 'https://a.test,*']) {
      expect(faultsOf({ ...PRODUCTION, CORS_ORIGINS: all })).toEqual([
        'SETTING_LOCAL_ONLY CORS_ORIGINS',
      ]);
    }
  });

  it('tells browsers for how long to come back by TLS, a year under PRODUCTION', () => {
    expect(settingsOf(LOCAL).http.hstsSeconds).toBe(0);
    expect(settingsOf(PRODUCTION).http.hstsSeconds).toBe(31_536_000);
    expect(settingsOf({ ...PRODUCTION, HSTS_SECONDS: '0' }).http.hstsSeconds).toBe(0);
  });

  it('leaves blank variables to their defaults', () => {
    const names = ['PORT', 'DB_POOL_SIZE', 'DB_SSL_MODE', 'DB_TYPE', 'CI_STRICT', 'LOG_LEVEL'];
    const blank = Object.fromEntries(names.map((name) => [name, ' ']));
    expect(settingsOf({ ...LOCAL, ...blank })).toEqual(settingsOf(LOCAL));
  });
});

describe('several violations', () => {
  it('are all reported, in the order of the table', () => {
    const environment = {
      APP_PERSISTENCE_PROFILE: 'PRODUCTION',
      APP_ENV: 'production',
      DB_POOL_SIZE: 'many',
      PORT: 'http',
      DB_READ_REPLICA_URLS: 'mysql://h',
      DPM_POLICY_PACKS_ENABLED: 'true',
      [POLICY_PACK.dsn]: 'null',
      [ADVISORY.backend]: 'POSTGRES',
      [DPM.backend]: 'SQLITE',
    };
    expect(faultsOf(environment)).toEqual([
      `PERSISTENCE_PROFILE_REQUIRES_DPM_POSTGRES ${DPM.backend}`,
      `PERSISTENCE_PROFILE_REQUIRES_ADVISORY_POSTGRES_DSN ${ADVISORY.dsn}`,
      'ENVIRONMENT_REQUIRES_REDIS_URL REDIS_URL',
      `DSN_EMPTY ${POLICY_PACK.dsn}`,
      'DSN_SCHEME_UNSUPPORTED DB_READ_REPLICA_URLS',
      'SETTING_INVALID PORT',
      'SETTING_INVALID DB_POOL_SIZE',
    ]);
  });

  it('of a LOCAL profile come in the order of the table too', () => {
    const environment = {
      APP_PERSISTENCE_PROFILE: 'local',
      ENV: 'staging',
      LOG_LEVEL: 'loud',
      DB_TYPE: 'postgresql',
      DPM_POLICY_PACK_ADMIN_APIS_ENABLED: 'yes',
      [DPM.dsn]: '',
    };
    expect(faultsOf(environment)).toEqual([
      'PERSISTENCE_PROFILE_CONFLICTS_WITH_ENVIRONMENT APP_PERSISTENCE_PROFILE',
      `STORE_REQUIRES_POSTGRES_DSN ${ADVISORY.dsn}`,
      `STORE_REQUIRES_POSTGRES_DSN ${POLICY_PACK.dsn}`,
      'ENVIRONMENT_REQUIRES_REDIS_URL REDIS_URL',
      `DSN_EMPTY ${DPM.dsn}`,
      'SETTING_INVALID LOG_LEVEL',
    ]);
  });

  it('name all six codes of the stores', () => {
    const on = { APP_PERSISTENCE_PROFILE: 'PRODUCTION', DPM_POLICY_PACKS_ENABLED: '1' };
    const backends = Object.fromEntries(
      [DPM, ADVISORY, POLICY_PACK].map(({ backend }) => [backend, 'IN_MEMORY']),
    );
    const prefixes = ['DPM', 'ADVISORY', 'POLICY_PACK'];
    const codes = (environment: Texts) => violationsOf(environment).map(({ code }) => code);
    expect(codes({ ...on, ...backends })).toEqual(
      prefixes.map((prefix) => `PERSISTENCE_PROFILE_REQUIRES_${prefix}_POSTGRES`),
    );
    expect(codes(on)).toEqual(
      prefixes.map((prefix) => `PERSISTENCE_PROFILE_REQUIRES_${prefix}_POSTGRES_DSN`),
    );
  });

  it('are complete: code, variable, message and what to do', () => {
    for (const violation of violationsOf({ APP_ENV: 'prod', DB_PORT: 'x' })) {
      expect(Object.keys(violation)).toEqual(['code', 'variable', 'message', 'fix']);
      for (const text of Object.values(violation)) expect(text).toMatch(/\S/);
      expect(violation.fix).toMatch(/\.$/);
    }
  });
});

describe('a refusal', () => {
  const environment = { APP_ENV: 'prod', DATABASE_URL: DSN, DB_POOL_SIZE: 'many' };
  const violations = violationsOf(environment);

  it('is one line of JSON under LOG_FORMAT=json', () => {
    const text = refusal(violations, service, true);
    expect(text.indexOf('\n')).toBe(text.length - 1);
    const { time, message, ...line } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    expect(line).toEqual({ level: 'fatal', event: 'startup.refused', violations });
    expect(time).toBe(new Date(time as string).toISOString());
    expect(message).toContain('2 rules are broken.');
    expect(violations).toHaveLength(2);
  });

  it('is a paragraph a violation for people, code first, then what to do', () => {
    const [head, ...paragraphs] = refusal(violations, service, false).trimEnd().split('\n\n');
    expect(head).toContain('2 rules');
    expect(paragraphs).toHaveLength(2);
    for (const [index, { code, variable, message, fix }] of violations.entries()) {
      const lines = paragraphs[index]?.split('\n').map((line) => line.trim());
      expect(lines).toEqual([code, `${variable}: ${message}.`, fix]);
    }
  });

  it.each<[boolean, Texts]>([
    [true, { APP_ENV: 'prod' }],
    [true, { APP_PERSISTENCE_PROFILE: 'PRODUCTION' }],
    [true, { ...LOCAL, APP_ENV: 'prod', ...REDIS }],
    [true, { APP_ENV: 'qa' }],
    [true, { APP_PERSISTENCE_PROFILE: 'prod' }],
    [false, { PORT: 'http' }],
    [false, { APP_ENV: 'dev', DATABASE_URL: DSN }],
  ])('ends with where to read on (%s) with %j', (isForProduction, given) => {
    const told = violationsOf(given).map(({ fix }) => fix.endsWith(' See docs/PRODUCTION.md.'));
    expect(told).toEqual(told.map((_, index) => isForProduction && index === told.length - 1));
    expect(told.length).toBeGreaterThan(0);
  });

  /** A process that would be started with the given environment. */
  function start(env: Texts) {
    const written: string[] = [];
    const exits: number[] = [];
    const process = {
      env,
      stderr: { write: (text: string) => written.push(text) },
      exit: (code: number) => {
        exits.push(code);
        throw new Error('the process has ended');
      },
    } as unknown as NodeJS.Process;
    return { process, written, exits };
  }

  it.each<[string, boolean]>([
    ['json', true],
    [' JSON ', true],
    ['pretty', false],
  ])('ends the process with 78 under LOG_FORMAT=%s', (format, json) => {
    const { process, written, exits } = start({
      ...WITHOUT_CALLERS,
      ...environment,
      LOG_FORMAT: format,
    });
    expect(() => configure(process, service)).toThrow('the process has ended');
    expect(exits).toEqual([78]);
    expect(written.map(withoutTime)).toEqual([withoutTime(refusal(violations, service, json))]);
  });

  /** When the line was written. */
  function withoutTime(text: string): string {
    return text.replace(/,"time":"[^"]+"/, '');
  }

  it('or an acceptance removes the variables of libpq, which pg would fill gaps from', () => {
    const libpq = { PGHOST: 'evil', PGPASSWORD: 'word', PGOPTIONS: '-c', PGSSLMODE: 'disable' };
    const good = start({ ...PRODUCTION, ...WITHOUT_CALLERS, ...libpq });
    configure(good.process, service);
    expect(good.process.env).toEqual({ ...PRODUCTION, ...WITHOUT_CALLERS });
    const bad = start({ ...environment, ...libpq });
    expect(() => configure(bad.process, service)).toThrow('the process has ended');
    expect(bad.process.env).toEqual(environment);
  });

  it('does not happen when nothing is broken', () => {
    const { process, written, exits } = start({ ...PRODUCTION, ...WITHOUT_CALLERS });
    expect(configure(process, service)).toEqual(settingsOf(PRODUCTION));
    expect([...written, ...exits]).toEqual([]);
  });
});

describe('APP_PERSISTENCE_SHADOW_PROFILE=PRODUCTION', () => {
  const SHADOW = { APP_PERSISTENCE_SHADOW_PROFILE: 'PRODUCTION' };
  const shadowOf = (environment: Texts) =>
    settingsOf(environment).shadow.map(({ code, variable }) => `${code} ${variable}`);

  it('lists under LOCAL what PRODUCTION would refuse, and starts', () => {
    const environment = { ...LOCAL, ...SHADOW, [ADVISORY.backend]: 'sqlite' };
    expect(settingsOf(environment).profile).toBe('LOCAL');
    expect(shadowOf(environment)).toEqual([
      `PERSISTENCE_PROFILE_REQUIRES_DPM_POSTGRES_DSN ${DPM.dsn}`,
      `PERSISTENCE_PROFILE_REQUIRES_ADVISORY_POSTGRES ${ADVISORY.backend}`,
    ]);
  });

  it('takes the backends that PRODUCTION would default to', () => {
    const environment = { ...LOCAL, ...SHADOW, DATABASE_URL: DSN };
    expect(shadowOf(environment)).toEqual([]);
    expect(settingsOf(environment).databases.map(({ type }) => type)).toEqual(['sqlite']);
  });

  it('lists the faults of connection strings that PRODUCTION would use', () => {
    const environment = { ...LOCAL, ...SHADOW, DATABASE_URL: 'mysql://h', [DPM.dsn]: '' };
    expect(shadowOf(environment)).toEqual([
      `DSN_EMPTY ${DPM.dsn}`,
      'DSN_SCHEME_UNSUPPORTED DATABASE_URL',
    ]);
  });

  it('is read in any case', () => {
    const environment = { ...LOCAL, APP_PERSISTENCE_SHADOW_PROFILE: ' production ' };
    expect(shadowOf(environment)).toHaveLength(2);
  });

  it('lists nothing unasked, nor under PRODUCTION', () => {
    expect(shadowOf(LOCAL)).toEqual([]);
    expect(shadowOf({ ...LOCAL, APP_PERSISTENCE_SHADOW_PROFILE: '' })).toEqual([]);
    expect(shadowOf({ ...PRODUCTION, ...SHADOW })).toEqual([]);
  });

  it('does not soften what LOCAL itself refuses', () => {
    expect(faultsOf({ ...LOCAL, ...SHADOW, [DPM.backend]: 'POSTGRES' })).toEqual([
      `STORE_REQUIRES_POSTGRES_DSN ${DPM.dsn}`,
    ]);
  });
});
