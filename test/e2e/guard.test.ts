import { randomInt } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { type Environment, execute, jsonLines } from '../support/program.js';
import type { Ended } from '../support/service.js';

const { later, temporaryFolder } = cleanup();

/** Nothing listens there: whoever gets past the guard ends with 69 at once, not with 78. */
const DSN = 'postgresql://app:password@127.0.0.1:1/holdfast';
const PRODUCTION = { APP_PERSISTENCE_PROFILE: 'PRODUCTION' };
const LOCAL = { APP_PERSISTENCE_PROFILE: 'LOCAL' };
const READY = { ...PRODUCTION, DATABASE_URL: DSN };
const REDIS = { REDIS_URL: 'redis://127.0.0.1:1/0' };
const MEDIA = { MEDIA_ENABLED: 'true' };
const PACKS = { DPM_POLICY_PACKS_ENABLED: 'true' };

const PROGRAMS = [
  { program: 'main.js', args: [] },
  { program: 'cli.js', args: ['migrate', 'status'] },
] as const;

interface Violation {
  readonly code: string;
  readonly variable: string;
  readonly message: string;
  readonly fix: string;
}

/** Reads the one line that a refusal is, and checks that there is nothing else. */
function violationsIn({ code, stdout, stderr }: Ended): readonly Violation[] {
  expect({ code, stdout }).toEqual({ code: 78, stdout: '' });
  const lines = jsonLines(stderr);
  expect(lines).toHaveLength(1);
  expect(stderr.endsWith('\n')).toBe(true);
  const [line] = lines;
  expect(Object.keys(line ?? {})).toEqual(['level', 'event', 'violations', 'time', 'message']);
  expect(line).toMatchObject({ level: 'fatal', event: 'startup.refused' });
  return line?.violations as readonly Violation[];
}

const codesIn = (ended: Ended) => violationsIn(ended).map(({ code }) => code);

const faultsIn = (ended: Ended) =>
  violationsIn(ended).map(({ code, variable }) => `${code} ${variable}`);

async function listenOn(host: string, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  later(() => server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

describe.each(PROGRAMS)('$program, given PRODUCTION and nothing else,', ({ program, args }) => {
  it('names every code that applies, in order, and ends with 78', async () => {
    expect(faultsIn(await execute(program, args, PRODUCTION))).toEqual([
      'PERSISTENCE_PROFILE_REQUIRES_DPM_POSTGRES_DSN DPM_SUPPORTABILITY_POSTGRES_DSN',
      'PERSISTENCE_PROFILE_REQUIRES_ADVISORY_POSTGRES_DSN PROPOSAL_POSTGRES_DSN',
    ]);
  });

  it('names the policy packs too when they are on', async () => {
    expect(codesIn(await execute(program, args, { ...PRODUCTION, ...PACKS }))).toEqual([
      'PERSISTENCE_PROFILE_REQUIRES_DPM_POSTGRES_DSN',
      'PERSISTENCE_PROFILE_REQUIRES_ADVISORY_POSTGRES_DSN',
      'PERSISTENCE_PROFILE_REQUIRES_POLICY_PACK_POSTGRES_DSN',
    ]);
  });

  it('names where the media store and its files would be, when it is on', async () => {
    expect(codesIn(await execute(program, args, { ...PRODUCTION, ...MEDIA }))).toEqual([
      'PERSISTENCE_PROFILE_REQUIRES_DPM_POSTGRES_DSN',
      'PERSISTENCE_PROFILE_REQUIRES_ADVISORY_POSTGRES_DSN',
      'PERSISTENCE_PROFILE_REQUIRES_MEDIA_POSTGRES_DSN',
      'PERSISTENCE_PROFILE_REQUIRES_MEDIA_FILES',
    ]);
    const onSqlite = { ...READY, ...MEDIA, MEDIA_STORE_BACKEND: 'SQLITE', MEDIA_FILES: 's3' };
    expect(faultsIn(await execute(program, args, onSqlite))).toEqual([
      'PERSISTENCE_PROFILE_REQUIRES_MEDIA_POSTGRES MEDIA_STORE_BACKEND',
      'MEDIA_FILES_S3_INCOMPLETE MEDIA_S3_ENDPOINT',
      'MEDIA_FILES_S3_INCOMPLETE MEDIA_S3_BUCKET',
      'MEDIA_FILES_S3_INCOMPLETE MEDIA_S3_ACCESS_KEY_ID',
      'MEDIA_FILES_S3_INCOMPLETE MEDIA_S3_SECRET_ACCESS_KEY',
    ]);
  });

  it('makes no file', async () => {
    const cwd = temporaryFolder();
    expect(codesIn(await execute(program, args, PRODUCTION, { cwd }))).toHaveLength(2);
    expect(readdirSync(cwd)).toEqual([]);
  });
});

describe('a refusal', () => {
  it('comes before the port is touched: one that is taken is no trouble', async () => {
    const PORT = String(await listenOn('0.0.0.0', createServer()));
    expect(codesIn(await execute('main.js', [], { ...PRODUCTION, PORT }))).toHaveLength(2);
  });

  it('comes before any connection to a database or to Redis', async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    const port = await listenOn('127.0.0.1', server);
    const environment = {
      ...PRODUCTION,
      DATABASE_URL: `postgresql://app:password@127.0.0.1:${port}/holdfast`,
      REDIS_URL: `redis://127.0.0.1:${port}`,
      DB_STARTUP_TIMEOUT: '1',
    };
    const refused = await execute('main.js', [], { ...environment, DB_POOL_SIZE: 'many' });
    expect(codesIn(refused)).toEqual(['SETTING_INVALID']);
    expect(connections).toBe(0);

    const passed = await execute('main.js', [], environment);
    expect(passed.code).toBe(69);
    expect(connections).toBeGreaterThan(0);
  });

  it('is not given to a configuration in which everything is right', async () => {
    for (const { program, args } of PROGRAMS) {
      const { code, stderr } = await execute(program, args, {
        ...READY,
        ...REDIS,
        APP_ENV: 'staging',
        ...PACKS,
        DB_STARTUP_TIMEOUT: '1',
      });
      expect({ code, refused: stderr.includes('startup.refused') }).toEqual({
        code: 69,
        refused: false,
      });
    }
  });

  it('reports everything at once, in the order of the contract', async () => {
    const environment = {
      ...PRODUCTION,
      ...PACKS,
      APP_ENV: 'prod',
      DPM_SUPPORTABILITY_STORE_BACKEND: 'sqlite',
      DPM_POLICY_PACK_POSTGRES_DSN: 'mysql://app@db/holdfast',
      PORT: '65536',
    };
    expect(faultsIn(await execute('main.js', [], environment))).toEqual([
      'PERSISTENCE_PROFILE_REQUIRES_DPM_POSTGRES DPM_SUPPORTABILITY_STORE_BACKEND',
      'PERSISTENCE_PROFILE_REQUIRES_ADVISORY_POSTGRES_DSN PROPOSAL_POSTGRES_DSN',
      'ENVIRONMENT_REQUIRES_REDIS_URL REDIS_URL',
      'DSN_SCHEME_UNSUPPORTED DPM_POLICY_PACK_POSTGRES_DSN',
      'SETTING_INVALID PORT',
    ]);
    const local = {
      ...LOCAL,
      CI_STRICT: '1',
      PROPOSAL_STORE_BACKEND: 'POSTGRES',
      DPM_SUPPORTABILITY_STORE_BACKEND: 'POSTGRES',
      DPM_SUPPORTABILITY_POSTGRES_DSN: '',
      DB_POOL_SIZE: '0',
    };
    expect(faultsIn(await execute('main.js', [], local))).toEqual([
      'PERSISTENCE_PROFILE_CONFLICTS_WITH_ENVIRONMENT APP_PERSISTENCE_PROFILE',
      'STORE_REQUIRES_POSTGRES_DSN PROPOSAL_POSTGRES_DSN',
      'ENVIRONMENT_REQUIRES_REDIS_URL REDIS_URL',
      'DSN_EMPTY DPM_SUPPORTABILITY_POSTGRES_DSN',
      'SETTING_INVALID DB_POOL_SIZE',
    ]);
  });
});

/** One misconfiguration each, and the one violation that it is. */
const CASES: readonly (readonly [expected: string, more: Environment, base: Environment])[] = [
  [
    'PERSISTENCE_PROFILE_REQUIRES_DPM_POSTGRES DPM_SUPPORTABILITY_STORE_BACKEND',
    { DPM_SUPPORTABILITY_STORE_BACKEND: 'SQLITE' },
    READY,
  ],
  [
    'PERSISTENCE_PROFILE_REQUIRES_DPM_POSTGRES_DSN DPM_SUPPORTABILITY_POSTGRES_DSN',
    { PROPOSAL_POSTGRES_DSN: DSN },
    PRODUCTION,
  ],
  [
    'PERSISTENCE_PROFILE_REQUIRES_ADVISORY_POSTGRES PROPOSAL_STORE_BACKEND',
    { PROPOSAL_STORE_BACKEND: 'IN_MEMORY' },
    READY,
  ],
  [
    'PERSISTENCE_PROFILE_REQUIRES_ADVISORY_POSTGRES_DSN PROPOSAL_POSTGRES_DSN',
    { DPM_SUPPORTABILITY_POSTGRES_DSN: DSN },
    PRODUCTION,
  ],
  [
    'PERSISTENCE_PROFILE_REQUIRES_POLICY_PACK_POSTGRES DPM_POLICY_PACK_CATALOG_BACKEND',
    { ...PACKS, DPM_POLICY_PACK_CATALOG_BACKEND: 'sql' },
    READY,
  ],
  [
    'PERSISTENCE_PROFILE_REQUIRES_POLICY_PACK_POSTGRES_DSN DPM_POLICY_PACK_POSTGRES_DSN',
    {
      DPM_SUPPORTABILITY_POSTGRES_DSN: DSN,
      PROPOSAL_POSTGRES_DSN: DSN,
      DPM_POLICY_PACK_ADMIN_APIS_ENABLED: 'true',
    },
    PRODUCTION,
  ],
  [
    'PERSISTENCE_PROFILE_UNKNOWN APP_PERSISTENCE_PROFILE',
    { APP_PERSISTENCE_PROFILE: 'PROD' },
    READY,
  ],
  [
    'PERSISTENCE_PROFILE_CONFLICTS_WITH_ENVIRONMENT APP_PERSISTENCE_PROFILE',
    { ...REDIS, APP_ENV: 'Staging' },
    LOCAL,
  ],
  [
    'PERSISTENCE_PROFILE_CONFLICTS_WITH_ENVIRONMENT APP_PERSISTENCE_PROFILE',
    { ...REDIS, CI_STRICT: '1' },
    LOCAL,
  ],
  [
    'STORE_REQUIRES_POSTGRES_DSN PROPOSAL_POSTGRES_DSN',
    { PROPOSAL_STORE_BACKEND: 'POSTGRESQL' },
    LOCAL,
  ],
  [
    'STORE_REQUIRES_POSTGRES_DSN DPM_SUPPORTABILITY_POSTGRES_DSN',
    { DB_TYPE: 'postgresql', PROPOSAL_POSTGRES_DSN: DSN },
    {},
  ],
  ['ENVIRONMENT_REQUIRES_REDIS_URL REDIS_URL', { AB_ENV: 'production', DATABASE_URL: DSN }, {}],
  ['STORE_BACKEND_UNKNOWN PROPOSAL_STORE_BACKEND', { PROPOSAL_STORE_BACKEND: 'MYSQL' }, READY],
  [
    'STORE_BACKEND_UNKNOWN DPM_SUPPORTABILITY_STORE_BACKEND',
    { DPM_SUPPORTABILITY_STORE_BACKEND: '' },
    LOCAL,
  ],
  ['DSN_EMPTY DATABASE_URL', { DATABASE_URL: '' }, PRODUCTION],
  ['DSN_EMPTY DATABASE_URL', { DATABASE_URL: 'undefined' }, PRODUCTION],
  ['DSN_EMPTY PROPOSAL_POSTGRES_DSN', { PROPOSAL_POSTGRES_DSN: ' ' }, READY],
  [
    'DSN_SCHEME_UNSUPPORTED DATABASE_URL',
    { DATABASE_URL: 'postgresql+asyncpg://app:password@db/holdfast' },
    PRODUCTION,
  ],
  ['DSN_SCHEME_UNSUPPORTED DATABASE_URL', { DATABASE_URL: 'sqlite:///data.db' }, PRODUCTION],
  [
    'DSN_MALFORMED DATABASE_URL',
    { DATABASE_URL: 'host=db user=app password=password dbname=holdfast' },
    PRODUCTION,
  ],
  ['DSN_MALFORMED DATABASE_URL', { DATABASE_URL: `"${DSN}` }, PRODUCTION],
  ['SETTING_QUOTED DATABASE_URL', { DATABASE_URL: `"${DSN}"` }, PRODUCTION],
  // As `docker run --env-file` hands it on.
  ['SETTING_QUOTED APP_ENV', { APP_ENV: '"production"', DATABASE_URL: DSN, ...REDIS }, {}],
  ['SETTING_QUOTED APP_PERSISTENCE_PROFILE', { APP_PERSISTENCE_PROFILE: "'PRODUCTION'" }, READY],
  ['SETTING_GIVEN_TWICE DATABASE_URL', { AB_DATABASE_URL: `${DSN}?sslmode=disable` }, READY],
  ['SETTING_GIVEN_TWICE DB_POOL_SIZE', { DB_POOL_SIZE: '5', AB_DB_POOL_SIZE: '6' }, READY],
  ['PERSISTENCE_PROFILE_UNDECIDED APP_ENV', { APP_ENV: 'qa', DATABASE_URL: DSN }, {}],
  ['PERSISTENCE_PROFILE_UNDECIDED K_SERVICE', { K_SERVICE: 'holdfast' }, {}],
  ['PERSISTENCE_PROFILE_UNDECIDED AWS_LAMBDA_FUNCTION_NAME', { AWS_LAMBDA_FUNCTION_NAME: '' }, {}],
  ['PERSISTENCE_PROFILE_UNDECIDED RAILS_ENV', { RAILS_ENV: 'production' }, {}],
  ['PERSISTENCE_PROFILE_UNDECIDED REQUIRE_PROOF', { REQUIRE_PROOF: '/run/proof.json' }, {}],
  // As a container's env file hands on what was written for a shell.
  ['SETTING_NAME_MISSPELT "export DATABASE_URL"', { 'export DATABASE_URL': DSN }, {}],
  ['SETTING_NAME_MISSPELT "\\u{FEFF}APP_ENV"', { '\uFEFFAPP_ENV': 'production' }, {}],
  ['SETTING_NAME_MISSPELT DATABSE_URL', { DATABSE_URL: DSN }, {}],
  ['SETTING_NAME_MISSPELT database_url', { database_url: 'postgresql://elsewhere/x' }, READY],
  ['SETTING_FILE_UNSUPPORTED APP_ENV_FILE', { APP_ENV_FILE: '/run/secrets/app_env' }, {}],
  ['POSTGRES_SETTINGS_UNUSED POSTGRES_URL', { POSTGRES_URL: DSN }, {}],
  ['POSTGRES_SETTINGS_UNUSED DB_HOST', { DB_HOST: '', DB_NAME: 'holdfast' }, {}],
  ['SETTING_INVALID SQLITE_PATH', { SQLITE_PATH: DSN }, LOCAL],
  ['ENVIRONMENT_REQUIRES_REDIS_URL REDIS_URL', { APP_ENV: 'prod-eu\r', DATABASE_URL: DSN }, {}],
  ['POSTGRES_SETTINGS_UNUSED DATABASE_URL', { DATABASE_URL: DSN }, {}],
  ['POSTGRES_SETTINGS_UNUSED AB_DATABASE_URL', { AB_ENV: 'local', AB_DATABASE_URL: DSN }, {}],
  ['POSTGRES_SETTINGS_UNUSED DB_HOST', { APP_ENV: 'dev', DB_HOST: 'db' }, {}],
  [
    'SETTING_INVALID DB_PORT',
    { DB_HOST: 'db', DB_NAME: 'holdfast', DB_USER: 'app', DB_PORT: 'tcp://10.0.0.1:5432' },
    PRODUCTION,
  ],
  ['DSN_MALFORMED DATABASE_URL', { DATABASE_URL: 'postgresql://app@db:5432' }, PRODUCTION],
  [
    'DSN_MULTIPLE_HOSTS DB_READ_REPLICA_URLS',
    { DB_READ_REPLICA_URLS: 'postgresql://app:password@one,two:5432/holdfast' },
    READY,
  ],
  ...['#', '/', '?', '@'].map(
    (character) =>
      [
        'DSN_PASSWORD_NOT_ENCODED DATABASE_URL',
        { DATABASE_URL: `postgresql://app:pass${character}word@db:5432/holdfast` },
        PRODUCTION,
      ] as const,
  ),
  ['DSN_PARAMETER_UNSUPPORTED DATABASE_URL', { DATABASE_URL: `${DSN}?host=other` }, PRODUCTION],
  ['DSN_PARAMETER_UNSUPPORTED DATABASE_URL', { DATABASE_URL: `${DSN}?sslmode=prefer` }, PRODUCTION],
  ['SETTING_INVALID PORT', { PORT: '70000' }, LOCAL],
  ['SETTING_INVALID HEALTH_PROBE_TIMEOUT_MS', { HEALTH_PROBE_TIMEOUT_MS: '2001' }, LOCAL],
  ['SETTING_INVALID DB_SSL_MODE', { DB_SSL_MODE: 'prefer' }, READY],
  ['SETTING_INVALID DB_SSL_CA_FILE', { DB_SSL_CA_FILE: '/nowhere/ca.pem' }, READY],
  ['SETTING_INVALID REDIS_URL', { REDIS_URL: 'http://cache/0' }, LOCAL],
  ['SETTING_INVALID MIGRATE_ON_START', { MIGRATE_ON_START: 'perhaps' }, READY],
  ['SECRET_GIVEN_TWICE DATABASE_URL', { DATABASE_URL_FILE: '/run/secrets/database_url' }, READY],
  [
    'SECRET_FILE_UNREADABLE DATABASE_URL_FILE',
    { DATABASE_URL_FILE: '/nowhere/database_url' },
    PRODUCTION,
  ],
  ['SECRET_FILE_UNREADABLE REDIS_URL_FILE', { REDIS_URL_FILE: tmpdir() }, LOCAL],
];

it.each(CASES)('%s is all that is said of %j', async (expected, more, base) => {
  const refusals = await Promise.all(
    PROGRAMS.map(({ program, args }) => execute(program, args, { ...base, ...more })),
  );
  expect(refusals.map(faultsIn)).toEqual([[expected], [expected]]);
});

describe('the guard takes a secret from a file', () => {
  it.each(['\n', '\r\n', ''])('that ends in %j', async (end) => {
    const DATABASE_URL_FILE = join(temporaryFolder(), 'database_url');
    writeFileSync(DATABASE_URL_FILE, `${DSN}${end}`);
    const ended = await execute('cli.js', ['migrate', 'status'], {
      ...PRODUCTION,
      DATABASE_URL_FILE,
    });
    expect(ended.code).toBe(69);
  });

  it('and drops one newline at its end, not two', async () => {
    const DATABASE_URL_FILE = join(temporaryFolder(), 'database_url');
    writeFileSync(DATABASE_URL_FILE, `${DSN}\n\n`);
    const ended = await execute('main.js', [], { ...PRODUCTION, DATABASE_URL_FILE });
    expect(faultsIn(ended)).toEqual(['DSN_MALFORMED DATABASE_URL']);
  });
});

describe.each(PROGRAMS)('the form of a refusal by $program', ({ program, args }) => {
  const environment = { ...PRODUCTION, PORT: 'eight thousand' };

  it('is one line of JSON under LOG_FORMAT=json', async () => {
    for (const LOG_FORMAT of ['json', ' JSON ']) {
      const violations = violationsIn(await execute(program, args, { ...environment, LOG_FORMAT }));
      expect(violations).toHaveLength(3);
      for (const violation of violations) {
        expect(Object.keys(violation)).toEqual(['code', 'variable', 'message', 'fix']);
        for (const text of Object.values(violation)) expect(text).toMatch(/\S/);
      }
    }
  });

  it('is a paragraph a violation otherwise, the code first', async () => {
    const violations = violationsIn(await execute(program, args, environment));
    for (const LOG_FORMAT of ['pretty', '']) {
      const { code, stdout, stderr } = await execute(program, args, { ...environment, LOG_FORMAT });
      expect({ code, stdout }).toEqual({ code: 78, stdout: '' });
      const [heading, ...paragraphs] = stderr.trimEnd().split('\n\n');
      expect(heading).toMatch(/does not start/i);
      expect(stderr).toMatch(/ See docs\/PRODUCTION\.md\.\n$/);
      expect(paragraphs).toHaveLength(violations.length);
      paragraphs.forEach((paragraph, index) => {
        const violation = violations[index];
        expect(paragraph.split('\n', 1)).toEqual([violation?.code]);
        expect(paragraph).toContain(violation?.variable);
        expect(paragraph).toContain(violation?.fix);
      });
    }
  });
});

/** Letters and digits by turns: no four of them in a row turn up in a text by accident. */
function seed(): string {
  const pick = (characters: string) => characters.charAt(randomInt(characters.length));
  return Array.from({ length: 10 }, () => pick('QXZKVJWY') + pick('23456789')).join('');
}

/** Every run of four characters of the seeds that has got into the text. */
function traces(text: string, seeds: readonly string[]): readonly string[] {
  return seeds.flatMap((secret) =>
    Array.from({ length: secret.length - 3 }, (_, start) => secret.slice(start, start + 4)).filter(
      (part) => text.toUpperCase().includes(part),
    ),
  );
}

const SECRETS = [
  'DATABASE_URL',
  'DPM_SUPPORTABILITY_POSTGRES_DSN',
  'PROPOSAL_POSTGRES_DSN',
  'DPM_POLICY_PACK_POSTGRES_DSN',
  'DB_PASSWORD',
  'DB_READ_REPLICA_URLS',
  'REDIS_URL',
];

/** What can be wrong with the value of a secret. */
const SHAPES: readonly (readonly [string, (secret: string) => string])[] = [
  ['nothing', (secret) => `postgresql://app:${secret}@db.internal:5432/holdfast`],
  ['the password alone', (secret) => secret],
  ['the scheme', (secret) => `${secret}://db.internal/holdfast`],
  ['another scheme', (secret) => `mysql://app:${secret}@db.internal/holdfast`],
  ['several hosts', (secret) => `postgresql://app:${secret}@one,two/holdfast`],
  ['a raw slash', (secret) => `postgresql://app:${secret}/x@db.internal/holdfast`],
  ['a raw hash in front', (secret) => `postgresql://app:#${secret}@db.internal/holdfast`],
  ['a second at sign', (secret) => `postgresql://app:x@${secret}@db.internal/holdfast`],
  ['a bad escape', (secret) => `postgresql://app:${secret}%zz@db.internal/holdfast`],
  ['no user', (secret) => `postgresql://${secret}/holdfast`],
  ['the port', (secret) => `postgresql://app@db.internal:${secret}/holdfast`],
  ['a parameter', (secret) => `postgresql://app@db.internal/holdfast?password=${secret}`],
  ['the name of a parameter', (secret) => `postgresql://app@db.internal/holdfast?${secret}=1`],
  ['keywords', (secret) => `host=db.internal user=app password=${secret}`],
  ['a line break', (secret) => `postgresql://app:${secret}\n@db.internal/holdfast`],
];

describe.each(PROGRAMS)('no part of a secret is printed by $program', ({ program, args }) => {
  it.each(SHAPES)('when what is wrong is %s', async (_name, shape) => {
    const seeds = SECRETS.map(seed);
    const values = Object.fromEntries(
      SECRETS.map((name, index) => [name, shape(seeds[index] ?? '')]),
    );
    const environment = { ...PRODUCTION, ...PACKS, ...values, PORT: '-1' };
    const refusals = await Promise.all(
      ['json', 'pretty'].map((LOG_FORMAT) =>
        execute(program, args, { ...environment, LOG_FORMAT }),
      ),
    );
    for (const { code, stdout, stderr } of refusals) {
      expect(code).toBe(78);
      expect(stderr).toContain('SETTING_INVALID');
      expect(traces(stdout + stderr, seeds)).toEqual([]);
    }
  });

  it('when it comes from a file that is wrong', async () => {
    const folder = temporaryFolder();
    const seeds = SECRETS.map(seed);
    const files = SECRETS.map((name, index) => {
      const file = join(folder, name);
      writeFileSync(file, `${seeds[index]}\n\n`);
      return [`${name}_FILE`, file] as const;
    });
    const environment = { ...PRODUCTION, ...PACKS, ...Object.fromEntries(files) };
    const { code, stdout, stderr } = await execute(program, args, environment);
    expect(code).toBe(78);
    expect(stderr).toContain('DSN_MALFORMED');
    expect(traces(stdout + stderr, seeds)).toEqual([]);
  });

  it('when it is given twice', async () => {
    const seeds = SECRETS.map(seed);
    const twice = SECRETS.flatMap((name, index) => [
      [name, `postgresql://app:${seeds[index]}@db.internal/holdfast`],
      [`${name}_FILE`, '/run/secrets/one'],
    ]);
    const environment = { ...PRODUCTION, ...PACKS, ...(Object.fromEntries(twice) as Environment) };
    const ended = await execute(program, args, environment);
    expect(codesIn(ended)).toEqual(SECRETS.map(() => 'SECRET_GIVEN_TWICE'));
    expect(traces(ended.stdout + ended.stderr, seeds)).toEqual([]);
  });

  it('when it was put into a variable that is no secret', async () => {
    const misplaced = {
      APP_PERSISTENCE_PROFILE: seed(),
      PORT: seed(),
      HEALTH_PROBE_TIMEOUT_MS: seed(),
      DB_TYPE: seed(),
      DB_PORT: seed(),
      DB_SSL_MODE: seed(),
      DB_SSL_CA_FILE: `/nowhere/${seed()}`,
      DB_POOL_SIZE: seed(),
      MIGRATE_ON_START: seed(),
      LOG_LEVEL: seed(),
      LOG_FORMAT: seed(),
      PROPOSAL_STORE_BACKEND: seed(),
      DPM_SUPPORTABILITY_STORE_BACKEND: seed(),
      APP_PERSISTENCE_SHADOW_PROFILE: seed(),
    };
    const { code, stdout, stderr } = await execute(program, args, misplaced);
    expect(code).toBe(78);
    expect(stderr).toContain('PERSISTENCE_PROFILE_UNKNOWN');
    expect(stderr).toContain('DB_SSL_CA_FILE');
    expect(traces(stdout + stderr, Object.values(misplaced))).toEqual([]);
    const known = await execute(program, args, { ...misplaced, ...PRODUCTION });
    expect(known.stderr).toContain('STORE_BACKEND_UNKNOWN');
    expect(traces(known.stdout + known.stderr, Object.values(misplaced))).toEqual([]);
  });
});
