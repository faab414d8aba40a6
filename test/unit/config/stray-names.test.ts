import { asksForProof } from '../../../src/proof/proof.variables.js';
import { describe, expect, it } from '@jest/globals';
import { PLATFORM_MARKS } from '@holdfast/guard/platform-marks';
import { isOneStepOff, meantName, visibleName } from '@holdfast/guard/variable-names';
import { faultsOf, settingsOf, type Texts, violationsOf } from './judge.js';

const DSN = 'postgresql://app:secret@db.internal:5432/holdfast';
const LOCAL = { APP_PERSISTENCE_PROFILE: 'LOCAL' };
const PRODUCTION = { APP_PERSISTENCE_PROFILE: 'PRODUCTION' };
const READY = { ...PRODUCTION, DATABASE_URL: DSN };
const SQLITE = { DB_TYPE: 'sqlite' };

/** As they stand in the environment, and as they are told. */
const MISSPELT: readonly (readonly [name: string, told: string])[] = [
  ['database_url', 'database_url'],
  ['Database_Url', 'Database_Url'],
  ['DATABASE_URL ', '"DATABASE_URL "'],
  [' DATABASE_URL', '" DATABASE_URL"'],
  ['DATABASE_URL\r', '"DATABASE_URL\\u{D}"'],
  ['\uFEFFDATABASE_URL', '"\\u{FEFF}DATABASE_URL"'],
  ['DATABASE_URL\u200B', '"DATABASE_URL\\u{200B}"'],
  ['DATA\u200DBASE_URL', '"DATA\\u{200D}BASE_URL"'],
  ['DATABASE_URL\u00A0', '"DATABASE_URL\\u{A0}"'],
  ['export DATABASE_URL', '"export DATABASE_URL"'],
  ['set DATABASE_URL', '"set DATABASE_URL"'],
  ['ENV DATABASE_URL', '"ENV DATABASE_URL"'],
  ['$env:DATABASE_URL', '$env:DATABASE_URL'],
  ['"DATABASE_URL"', '"DATABASE_URL"'],
  ['${DATABASE_URL}', '${DATABASE_URL}'],
  ['DATABASE-URL', 'DATABASE-URL'],
  ['DATABASE.URL', 'DATABASE.URL'],
  ['DATABASE URL', '"DATABASE URL"'],
  ['ＤATABASE_URL', '"\\u{FF24}ATABASE_URL"'],
  ['database_url_file', 'database_url_file'],
];

describe('a name that is not exactly that of a variable', () => {
  it.each(MISSPELT)('%j is refused under every profile', (name, told) => {
    for (const base of [{}, LOCAL, READY, SQLITE, { APP_ENV: 'dev' }]) {
      expect(faultsOf({ ...base, [name]: `${DSN}?connect_timeout=9` })).toContain(
        `SETTING_NAME_MISSPELT ${told}`,
      );
    }
    const [fault] = violationsOf({ [name]: DSN });
    expect(fault?.fix).toMatch(/^Name it DATABASE_URL(_FILE)?,/);
    expect(JSON.stringify(fault)).not.toContain('secret');
  });

  it.each(['app_env', 'App_Persistence_Profile', 'db_host', 'node_env', 'ci_strict', 'Db_Type'])(
    '%s counts, whatever it holds',
    (name) => {
      for (const value of ['local', 'x', '']) {
        expect(faultsOf({ [name]: value })).toEqual([`SETTING_NAME_MISSPELT ${name}`]);
      }
    },
  );

  it('loses nothing where the right one says the same, as in a shell that knows no case', () => {
    expect(faultsOf({ ...READY, database_url: DSN, Database_Url: DSN })).toEqual([]);
    expect(faultsOf({ ...LOCAL, db_pool_size: '7', DB_POOL_SIZE: '7' })).toEqual([]);
    expect(faultsOf({ ...LOCAL, db_pool_size: '8', DB_POOL_SIZE: '7' })).toEqual([
      'SETTING_NAME_MISSPELT db_pool_size',
    ]);
  });

  it('is let be where others use it in small letters', () => {
    expect(
      faultsOf({ host: 'pc', port: '1', env: '/root/.shrc', http_proxy: DSN.slice(0, 4) }),
    ).toEqual([]);
    expect(faultsOf({ 'PORT ': '1' })).toEqual(['SETTING_NAME_MISSPELT "PORT "']);
  });
});

describe('a line of .env that is not read', () => {
  it.each([
    'set DATABASE_URL=x',
    '$env:DATABASE_URL="x"',
    '\u200BDATABASE_URL=x',
    'DATABASE_URL\u200B=x',
    'DATABASE-URL=x',
    'database_url=x',
    'ＤATABASE_URL=x',
    '"DATABASE_URL": "x",',
    'DATABASE_URL:x',
    'DATABASE_URL',
    '- DATABASE_URL=x',
    "LOG_LEVEL='info\nDATABASE_URL=x\n#'",
    'APP_ENV:production',
    'set DATABSE_URL=x',
    'setx DATABASE_URL "x"',
    'DATABASE_URL postgresql://db/x',
    'ENV DATABASE_URL postgresql://db/x',
    'A=1;DATABASE_URL=x',
    'A=1 DATABASE_URL=x',
    'A=1\vDATABASE_URL=x',
    'A=1\u0085DATABASE_URL=x',
    'A=1\u2028export DATABASE_URL=x',
    'A=1, DATABASE_URL = x',
    'DATABASE_URL<<EOF\nx\nEOF',
    '{"DATABASE_URL":"postgresql://db/x?a=b"}',
    'DATABASE_URL;postgresql://db/x',
    'DATABASE_URL\tpostgresql://db/x',
    'some words: DATABASE_URL=x',
  ])('%j is refused', (line) => {
    const [fault, ...others] = violationsOf({}, { '.env': `PORT=0\n${line}\n` });
    expect(fault?.code).toBe('SETTING_NAME_MISSPELT');
    expect(fault?.variable).toMatch(/ATABA?SE|APP_ENV|database/);
    expect(others.filter(({ code }) => code === 'SETTING_NAME_MISSPELT')).toEqual([]);
  });

  it('counts like any other where it names a PostgreSQL, and no secret is shown', () => {
    expect(faultsOf({}, { '.env': `set POSTGRES_URL=${DSN}` })).toEqual([
      'POSTGRES_SETTINGS_UNUSED "set POSTGRES_URL"',
    ]);
    const loose = { '.env': `${DSN}?a=${DSN}\nsecret@x=${DSN}\nDATABASE_URL ${DSN}?a=b` };
    expect(JSON.stringify(violationsOf({}, loose))).not.toContain('secret');
  });

  it.each([
    'export DB_TYPE=sqlite',
    '  DB_TYPE = sqlite',
    'DB_TYPE: sqlite',
    "DB_TYPE='sqlite'",
    '\uFEFFDB_TYPE=sqlite',
    '# DATABASE_URL=x',
    '\u200B#DATABASE_URL=x',
    'NOTE="see; DATABASE_URL=x"',
    "NOTE='see DATABASE_URL=x' # DATABASE_URL=x",
    'NOTE=see # DATABASE_URL=x',
    'NOTE=DATABASE_URL',
    'MY_DATABASE_URL_NOTE=x',
  ])('but not %j', (line) => {
    expect(faultsOf({}, { '.env': `PORT=0\r\n${line}\r\n\r\n` })).toEqual([]);
  });
});

describe('a file for what is read from none', () => {
  it.each(['APP_ENV', 'APP_PERSISTENCE_PROFILE', 'PROPOSAL_STORE_BACKEND', 'DB_TYPE', 'LOG_LEVEL'])(
    '%s_FILE is refused',
    (name) => {
      for (const base of [{}, LOCAL, READY]) {
        const faults = faultsOf({ ...base, [`${name}_FILE`]: '/run/x' });
        expect(faults).toEqual([`SETTING_FILE_UNSUPPORTED ${name}_FILE`]);
      }
    },
  );

  it('is told as such in small letters, too, but not where others mean something else by it', () => {
    expect(faultsOf({ app_env_file: '/run/x' })).toEqual(['SETTING_FILE_UNSUPPORTED app_env_file']);
    expect(faultsOf({ ENV_FILE: '.env', HOST_FILE: 'x', PORT_FILE: 'y' })).toEqual([]);
    expect(faultsOf({ ...LOCAL, DB_SSL_CA_FILE: '/none' })).toEqual([
      'SETTING_INVALID DB_SSL_CA_FILE',
    ]);
  });
});

describe('a name one step away from one that decides', () => {
  const NEAR: Texts = {
    DATABSE_URL: 'DATABASE_URL',
    DATABASE_ULR: 'DATABASE_URL',
    DATABASE_URI: 'DATABASE_URL',
    DATABASE__URL: 'DATABASE_URL',
    DATABASE_URL_FILES: 'DATABASE_URL_FILE',
    APP_ENVV: 'APP_ENV',
    AP_ENV_FILE: 'APP_ENV',
    APP_PERSISTANCE_PROFILE: 'APP_PERSISTENCE_PROFILE',
    DB_HSOT: 'DB_HOST',
    APP_PERSISTENT_PROFILE: 'APP_PERSISTENCE_PROFILE',
    APP_PERSISTANCE_PROFIL: 'APP_PERSISTENCE_PROFILE',
    PROPSAL_STORE_BACKND: 'PROPOSAL_STORE_BACKEND',
    MIGRATON_DATABASE_URI: 'MIGRATION_DATABASE_URL',
    PROPOSAL_STORE_BACKENDS: 'PROPOSAL_STORE_BACKEND',
  };

  it.each(Object.entries(NEAR))('%s is refused where %s is not set', (name, meant) => {
    for (const base of [{}, { APP_ENV: 'dev' }, PRODUCTION] as readonly Texts[]) {
      const isGiven = meant in base && meant !== 'APP_ENV';
      const fault = violationsOf({ ...base, [name]: 'x' }).find(
        ({ variable }) => variable === name,
      );
      expect(fault?.code).toBe(isGiven ? undefined : 'SETTING_NAME_MISSPELT');
      if (!isGiven) expect(fault?.message).toContain(meant);
    }
  });

  it.each(Object.entries(NEAR))('%s is told where the choice is made: %s', (name, meant) => {
    for (const base of [LOCAL, READY]) {
      expect(settingsOf({ ...base, [name]: 'x' }).notices).toEqual([
        { variable: name, message: `is not read; did you mean ${meant}?` },
      ]);
    }
  });

  it('says nothing of the profile by choosing SQLite', () => {
    expect(faultsOf({ ...SQLITE, AP_ENV: 'production' })).toEqual(['SETTING_NAME_MISSPELT AP_ENV']);
    expect(faultsOf({ ...SQLITE, DATABSE_URL: DSN })).toEqual([]);
  });
});

describe('a name that is nearly one of the encryption', () => {
  it.each(['DB_SSLMODE', 'DBSSLMODE', 'DB_SSL_MOD', 'db_sslmode', 'DB_SSL__MODE', 'DB_SSL_CAFILE'])(
    '%s is refused under every profile',
    (name) => {
      for (const base of [{}, LOCAL, READY, SQLITE] as readonly Texts[]) {
        expect(faultsOf({ ...base, [name]: 'verify-full' })).toEqual([
          `SETTING_NAME_MISSPELT ${name}`,
        ]);
      }
    },
  );

  it('loses nothing where the right one says the same', () => {
    const both = { DB_SSLMODE: 'require', DB_SSL_MODE: 'require' };
    expect(faultsOf({ ...READY, ...both })).toEqual([]);
    expect(faultsOf({ ...READY, ...both, DB_SSLMODE: 'verify-full' })).toHaveLength(1);
  });

  it.each([
    ['verify-full', {}, true],
    ['verify-ca', { DB_SSL_MODE: 'verify-full' }, false],
    ['require', {}, false],
    ['prefer', {}, false],
    ['verify-full', { DATABASE_URL: `${DSN}?sslmode=verify-full` }, false],
    ['verify-full', { DATABASE_URL: 'postgresql://app@/x?host=/run/postgresql' }, false],
  ])('PGSSLMODE=%s beside %j is told: %s', (mode, more, isTold) => {
    const { notices } = settingsOf({ ...READY, PGSSLMODE: mode, ...more });
    expect(notices.map(({ variable }) => variable)).toEqual(isTold ? ['PGSSLMODE'] : []);
  });
});

describe('a PostgreSQL under a name of others', () => {
  it('is not claimed of what another database may be', () => {
    const [fault] = violationsOf({ DB_CONNECTION: 'mysql', DB_DATABASE: 'shop' });
    expect(fault?.message).toContain('seems to name a database server and is not read');
    expect(fault?.message).not.toContain('PostgreSQL');
  });

  const URLS = [
    ...['DATABASE_DSN', 'DB_URL', 'POSTGRES_URL', 'POSTGRESQL_URL', 'POSTGRES_DSN', 'PG_URL'],
    ...['PGURI', 'SQLALCHEMY_DATABASE_URI', 'HEROKU_POSTGRESQL_BLUE_URL', 'SPRING_DATASOURCE_URL'],
    ...[
      'DATABASE_PRIVATE_URL',
      'POSTGRES_PRISMA_URL',
      'postgres_url',
      'WHATEVER',
      'POSTGRES_URL_FILE',
    ],
  ];
  const PARTS = [
    'DB_HOSTNAME',
    'DB_DATABASE',
    'DB_PASS',
    'DBHOST',
    'POSTGRES_HOST',
    'DATABASE_NAME',
  ];

  it.each([
    ...URLS.map((name) => [name, DSN]),
    ['SPRING_DATASOURCE_URL', 'jdbc:postgresql://db/holdfast'],
    ['DB_URL', `"${DSN}"`],
    ['POSTGRES_DSN', 'host=db dbname=holdfast'],
    ['WHATEVER', 'dbname=holdfast user=app host=db'],
    ['DB_CONNECTION', 'pgsql'],
    ['DATABASE_TYPE', 'PostgreSQL'],
    ['STORE_BACKEND', 'POSTGRES'],
    ['VCAP_SERVICES', `{"postgres":[{"credentials":{"uri":'${DSN}'}}]}`],
    ['SECRETS', `{uri:${DSN}}`],
    ['STARTUP_CMD', `migrate --dsn ${DSN} up`],
    ['MY_CONN', 'jdbc:postgresql:holdfast'],
    ['MY_CONN', 'postgis://db/x'],
    ['MY_CONN', 'cockroachdb://db/x'],
    ['MY_CONN', 'pg://db/x'],
    ['DB_CLIENT', 'pg'],
    ['SQL_ENGINE', 'PostgreSQL'],
    ['GF_DATABASE_TYPE', 'postgres'],
    ['KC_DB', ' postgres '],
    ['TYPEORM_CONNECTION', 'postgres'],
    ['DPM_STORE_BACKEND', 'POSTGRES'],
    ['ADVISORY_POSTGRES_DSN', 'host=db'],
    ['PROPOSAL_POSTGRES_URL_FILE', '/run/x'],
    ['POSTGRESQL_ADDON_HOST', 'db.internal'],
    ['PG_CONN', 'db.internal'],
    ['POSTGRES_URL_FILE', '/run/secrets/url'],
    ...PARTS.map((name) => [name, 'x']),
  ])('%s=%s is refused where nothing is chosen', (name, value) => {
    // One step off a name that decides is told as that.
    const expected = name === 'DBHOST' ? 'SETTING_NAME_MISSPELT' : 'POSTGRES_SETTINGS_UNUSED';
    expect(faultsOf({ [name]: value })).toEqual([`${expected} ${name}`]);
    expect(faultsOf({ [name]: value, APP_ENV: 'dev' })).toEqual([`${expected} ${name}`]);
    expect(faultsOf({}, { '.env': `${name}='${value.replaceAll('"', '')}'` })).toEqual([
      `${expected} ${name}`,
    ]);
    for (const base of [LOCAL, SQLITE]) {
      const { notices } = settingsOf({ ...base, [name]: value });
      expect(notices.map(({ variable }) => variable)).toEqual([name]);
    }
  });

  it.each([
    ['TEST_DATABASE_URL', DSN],
    ['SHADOW_DATABASE_URL', DSN],
    ['DB_URL', 'mysql://db/x'],
    ['DB_CONNECTION', 'mysql'],
    ['DB_CLIENT', 'pgx'],
    ['POSTGRES_USER_HOME', '/x'],
    ['MY_POSTGRES_SERVICE_HOST', '10.0.0.1'],
    ['MY_POSTGRES_URL', 'mysql://db/x'],
    ['MDB_HOST', 'x'],
    ['DB_USERS', 'x'],
    ['DB_NAMES', 'x'],
    ['TEST_STARTUP_CMD', `x ${DSN}`],
    ['STORE_BACKEND', 'SQLITE'],
    ['SPRING_DATASOURCE_URL', 'jdbc:h2:mem'],
    ['POSTGRES_URL', ''],
    ['POSTGRES_SERVICE_HOST', '10.0.0.1'],
    ['POSTGRES_PORT', 'tcp://10.0.0.1:5432'],
  ])('but not %s=%s', (name, value) => {
    expect(settingsOf({ [name]: value }).notices).toEqual([]);
  });

  it.each(['PGHOST', 'PGDATABASE', 'PGUSER', 'PGSERVICE', 'POSTGRES_DB', 'POSTGRES_PASSWORD'])(
    '%s stands in many shells, and is told once',
    (name) => {
      const { notices } = settingsOf({ [name]: 'x', PGUSER: 'y' });
      expect(notices).toEqual([
        { variable: name, message: expect.stringContaining('DATABASE_URL') as unknown },
      ]);
    },
  );

  it('is nothing to tell of where the stores are on PostgreSQL', () => {
    expect(settingsOf({ ...READY, POSTGRES_URL: DSN, PGHOST: 'x' }).notices).toEqual([]);
  });
});

describe('the profile under a name of others', () => {
  it.each([
    ['ENVIRONMENT', 'production'],
    ['APP_ENVIRONMENT', 'qa'],
    ['RAILS_ENV', 'production'],
    ['ASPNETCORE_ENVIRONMENT', 'Production'],
    ['SPRING_PROFILES_ACTIVE', 'metrics,prod'],
    ['FLASK_ENV', 'staging'],
    ['DJANGO_ENV', 'prod'],
    ['DEPLOY_ENV', 'live'],
    ['STAGE', 'prod'],
    ['TIER', 'production'],
    ['NEXT_PUBLIC_ENV', 'production'],
    ['AZURE_FUNCTIONS_ENVIRONMENT', 'Production'],
    ['PROFILE', 'PRODUCTION'],
    ['APP_MODE', 'prod'],
    ['IS_PRODUCTION', 'true'],
    ['PRODUCTION', '1'],
    ['env', '"prod"'],
    ['stage', 'prd'],
  ])('%s=%s is refused where nothing else decides', (name, value) => {
    const faults = [`PERSISTENCE_PROFILE_UNDECIDED ${name}`];
    expect(faultsOf({ [name]: value })).toEqual(faults);
    expect(faultsOf({ [name]: value, NODE_ENV: 'development', ...SQLITE })).toEqual(faults);
    expect(faultsOf({}, { '.env': `${name}=${value}` })).toEqual(faults);
    expect(settingsOf({ ...LOCAL, [name]: value }).profile).toBe('LOCAL');
    const isOurs = ['ENVIRONMENT', 'env'].includes(name);
    expect(faultsOf({ APP_ENV: 'dev', [name]: value })).toEqual(isOurs ? faults : []);
  });

  it.each([
    ['ENVIRONMENT', 'development'],
    ['APP_ENVIRONMENT', 'Local'],
    ['RAILS_ENV', 'qa'],
    ['env', '/etc/profile'],
    ['STAGE', '2'],
    ['TIER', 'web'],
    ['VIRTUAL_ENV', '/home/me/live'],
    ['AWS_PROFILE', 'prod'],
    ['BASH_ENV', '/opt/prod/env.sh'],
    ['PRODUCTION', '0'],
    ['APP_PROFILE', 'local'],
    ['TF_VAR_environment', 'prod'],
    ['SLS_STAGE', 'prod'],
  ])('but not %s=%s', (name, value) => {
    expect(settingsOf({ [name]: value }).profile).toBe('LOCAL');
  });

  it.each(['PERSISTENCE_PROFILE', 'APP_PROFILE', 'HOLDFAST_PROFILE'])(
    '%s is refused beside a local name, too',
    (name) => {
      for (const base of [{}, { APP_ENV: 'dev' }]) {
        expect(faultsOf({ ...base, [name]: 'PRODUCTION' })).toEqual([
          `PERSISTENCE_PROFILE_UNDECIDED ${name}`,
        ]);
      }
    },
  );

  it('REQUIRE_PROOF asks for what LOCAL does not heed', () => {
    for (const base of [{}, { APP_ENV: 'ci' }, SQLITE]) {
      expect(faultsOf({ ...base, REQUIRE_PROOF: '/run/proof.json' })).toEqual([
        'PERSISTENCE_PROFILE_UNDECIDED REQUIRE_PROOF',
      ]);
    }
    expect(asksForProof(settingsOf({ ...LOCAL, REQUIRE_PROOF: '/run/proof.json' }))).toBe(false);
  });
});

describe('a platform', () => {
  it.each(PLATFORM_MARKS)('shows by %s, also by a blank one', (mark) => {
    for (const value of ['x', '', ' ']) {
      expect(faultsOf({ [mark]: value })).toEqual([`PERSISTENCE_PROFILE_UNDECIDED ${mark}`]);
      expect(settingsOf({ ...LOCAL, [mark]: value }).profile).toBe('LOCAL');
    }
  });
});

describe('names', () => {
  it.each([
    ['A', 'B', true],
    ['DB_HSOT', 'DB_HOST', true],
    ['DB_OST', 'DB_HOST', true],
    ['DB_HOSTT', 'DB_HOST', true],
    ['DB_HOST', 'DB_HOST', false],
    ['DB_HO', 'DB_HOST', false],
    ['DB_SHOT', 'DB_HOST', false],
    ['DB_PORT', 'DB_HOST', false],
  ])('%s is a step away from %s: %s', (given, name, isOne) => {
    expect(isOneStepOff(given, name)).toBe(isOne);
  });

  it('are shown so that what is wrong with them can be seen', () => {
    expect(visibleName('A\nB\u202E')).toBe('"A\\u{A}B\\u{202E}"');
    expect(meantName('  Export \uFEFFdb\u2010host ')).toBe('DB_HOST');
  });
});
