import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { refusal } from '@holdfast/guard/configure';
import type { Violation } from '@holdfast/guard/violation';
import {
  expected,
  type Form,
  type Given,
  OUT_OF_RANGE,
  TABLE,
  type World,
} from '../unit/config/guard-oracle.js';
import { judge, service, type Texts } from '../unit/config/judge.js';
import {
  leaksOf,
  percentEncoded,
  plainPassword,
  seededPassword,
} from '../unit/config/seeded-password.js';

/** A world, and every password that was put anywhere into it. */
interface Seeded {
  readonly world: World;
  readonly passwords: readonly string[];
}

interface Secret {
  readonly given: Given;
  readonly passwords: readonly string[];
}

const GOOD_DSNS: readonly ((word: string) => string)[] = [
  (word) => `postgresql://app:${word}@db.internal:5432/holdfast`,
  (word) => `POSTGRES://app:${word}@db.internal/holdfast?sslmode=require`,
  (word) => `postgres://app:${word}@[::1]:6432/holdfast?application_name=a%20b&connect_timeout=3`,
  (word) => `postgresql://app:${word}@localhost/holdfast`,
];

type BadDsn = readonly [code: string, text: (word: string) => string];

/** In a list, what follows could be another host of it. */
const WITHOUT_DATABASE: BadDsn = [
  'DSN_MALFORMED',
  (word) => `postgresql://app:${word}@db.internal`,
];

/** Texts that must not reach the driver; the word needs no encoding. */
const BAD_DSNS: readonly BadDsn[] = [
  ['DSN_EMPTY', () => ''],
  ['DSN_EMPTY', () => '  '],
  ['DSN_EMPTY', () => 'undefined'],
  ['DSN_EMPTY', () => 'null'],
  ['DSN_SCHEME_UNSUPPORTED', (word) => `postgresql+asyncpg://app:${word}@db.internal/holdfast`],
  ['DSN_SCHEME_UNSUPPORTED', (word) => `mysql://app:${word}@db.internal/holdfast`],
  ['DSN_SCHEME_UNSUPPORTED', () => 'sqlite:///data/holdfast.sqlite'],
  ['DSN_MALFORMED', (word) => `"postgresql://app:${word}@db.internal/holdfast`],
  ['DSN_MALFORMED', (word) => `host=db.internal user=app password=${word} dbname=holdfast`],
  WITHOUT_DATABASE,
  ['DSN_MALFORMED', (word) => `postgresql://app:${word}%zz@db.internal/holdfast`],
  ['DSN_MALFORMED', (word) => `postgresql://app:${word}@db.internal:99999/holdfast`],
  ['DSN_MALFORMED', (word) => `app:${word}@db.internal/holdfast`],
  ['DSN_MALFORMED', (word) => `postgresql://app:${word}@one.internal,,two.internal/holdfast`],
  ['DSN_PASSWORD_NOT_ENCODED', (word) => `postgresql://app:${word}#${word}@db.internal/holdfast`],
  ['DSN_PASSWORD_NOT_ENCODED', (word) => `postgresql://app:${word}/${word}@db.internal/holdfast`],
  ['DSN_PASSWORD_NOT_ENCODED', (word) => `postgresql://app:${word}?${word}@db.internal/holdfast`],
  ['DSN_PASSWORD_NOT_ENCODED', (word) => `postgresql://app:${word}@${word}@db.internal/holdfast`],
  ['DSN_PARAMETER_UNSUPPORTED', (word) => `postgresql://app@db.internal/holdfast?password=${word}`],
  [
    'DSN_PARAMETER_UNSUPPORTED',
    (word) => `postgresql://app:${word}@db.internal/holdfast?sslmode=prefer`,
  ],
  [
    'DSN_PARAMETER_UNSUPPORTED',
    (word) => `postgresql://app:${word}@db.internal/holdfast?sslmode=require&sslmode=require`,
  ],
];

const forms = (rare: number): fc.Arbitrary<Form> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom<Form>('variable', 'file', 'file with newline') },
    { weight: rare, arbitrary: fc.constantFrom<Form>('both', 'missing file') },
  );

const secret = (
  text: (password: string) => string,
  password: fc.Arbitrary<string>,
  form: fc.Arbitrary<Form>,
  code?: string,
): fc.Arbitrary<Secret> =>
  fc.record({ password, form }).map((made) => ({
    given: { text: text(made.password), form: made.form, ...(code !== undefined && { code }) },
    passwords: [made.password],
  }));

const goodDsn = (rare: number) =>
  fc
    .constantFrom(...GOOD_DSNS)
    .chain((text) => secret((word) => text(percentEncoded(word)), seededPassword, forms(rare)));

const badDsn = fc
  .constantFrom(...BAD_DSNS)
  .chain(([code, text]) => secret(text, plainPassword, forms(1), code));

/** Of replicas each entry is one server. */
const BAD_REPLICAS: typeof BAD_DSNS = [
  ['DSN_MULTIPLE_HOSTS', (word) => `postgresql://app:${word}@one.internal,two.internal/holdfast`],
];

const replicas = fc
  .array(
    fc.oneof(
      fc.tuple(
        fc.constantFrom(...GOOD_DSNS.map((text) => [undefined, text] as const)),
        seededPassword.map((password) => ({ password, word: percentEncoded(password) })),
      ),
      fc.tuple(
        fc.constantFrom(...BAD_DSNS.filter((each) => each !== WITHOUT_DATABASE), ...BAD_REPLICAS),
        plainPassword.map((password) => ({ password, word: password })),
      ),
    ),
    { minLength: 1, maxLength: 3 },
  )
  .chain((dsns) => {
    const text = dsns.map(([[, dsn], { word }]) => dsn(word)).join(',');
    const code = dsns.flatMap(([[code]]) => code ?? []).join(' ');
    return forms(1).map((form): Secret => ({
      given: { text, form, ...(code !== '' && { code }) },
      passwords: dsns.map(([, { password }]) => password),
    }));
  });

const goodRedis = secret(
  (word) => `redis://:${percentEncoded(word)}@cache.internal:6379/0`,
  seededPassword,
  forms(0),
);
const badRedis = fc.oneof(
  secret((word) => `${OUT_OF_RANGE}://:${word}@cache.internal`, plainPassword, forms(1)),
  secret((word) => `redis://:${percentEncoded(word)}@cache`, seededPassword, forms(6)),
  fc.constant<Secret>({ given: { text: ' ', form: 'variable' }, passwords: [] }),
);

/** A record in which each key is there or not. */
function some<T>(all: Readonly<Record<string, fc.Arbitrary<T>>>): fc.Arbitrary<Record<string, T>> {
  return fc.record(all, { requiredKeys: [] }).map((record) => record as Record<string, T>);
}

const pool = (...texts: readonly string[]) => fc.constantFrom(...texts);

const anyPlain = some({
  APP_PERSISTENCE_PROFILE: pool('LOCAL', ' local', 'PRODUCTION', 'Production ', 'TEST', '', ' '),
  APP_ENV: pool('dev', 'test', 'prod', 'Production', ' STAGING ', 'preprod', 'qa', ''),
  ENV: pool('dev', 'prod', 'production-eu', ' '),
  AB_ENV: pool('dev', 'staging', 'stage', 'local'),
  NODE_ENV: pool('development', 'test', 'production', ''),
  CI_STRICT: pool('0', 'false', '1', 'True', '', OUT_OF_RANGE),
  APP_PERSISTENCE_SHADOW_PROFILE: pool('PRODUCTION', 'production', OUT_OF_RANGE),
  DPM_SUPPORTABILITY_STORE_BACKEND: pool('IN_MEMORY', 'sqlite', 'SQL', 'Postgres', 'MYSQL', ''),
  PROPOSAL_STORE_BACKEND: pool('in_memory', 'SQLITE', 'sql', 'POSTGRESQL', 'postgre', ' '),
  DPM_POLICY_PACK_CATALOG_BACKEND: pool('IN_MEMORY', 'SQLite', 'POSTGRES', 'postgresql', 'NONE'),
  DPM_POLICY_PACKS_ENABLED: pool('true', '1', 'false', '0', '', OUT_OF_RANGE),
  DPM_POLICY_PACK_ADMIN_APIS_ENABLED: pool('TRUE', 'false', OUT_OF_RANGE),
  DB_TYPE: pool('sqlite', 'postgresql', '', OUT_OF_RANGE),
  DB_HOST: pool('db.internal', '::1', 'one,two', 'db internal', ''),
  DB_PORT: pool('5432', '6432', OUT_OF_RANGE),
  DB_NAME: pool('holdfast', 'x/y', ' '),
  DB_USER: pool('app', 'a@b', ''),
  DB_POOL_SIZE: pool('7', '', OUT_OF_RANGE),
  DB_SSL_MODE: pool('disable', 'require', 'verify-full', OUT_OF_RANGE),
});

/** Values that break few rules, so that whole environments pass. */
const mostlyGoodPlain = some({
  APP_PERSISTENCE_PROFILE: pool('PRODUCTION', 'PRODUCTION', 'LOCAL'),
  APP_ENV: pool('dev', 'production'),
  NODE_ENV: pool('production', 'test'),
  APP_PERSISTENCE_SHADOW_PROFILE: pool('PRODUCTION'),
  DPM_SUPPORTABILITY_STORE_BACKEND: pool('POSTGRES', 'POSTGRES', 'POSTGRES', 'SQLITE'),
  PROPOSAL_STORE_BACKEND: pool('postgresql', 'postgresql', 'postgresql', 'in_memory'),
  DPM_POLICY_PACK_CATALOG_BACKEND: pool('POSTGRES', 'POSTGRES', 'SQL'),
  DPM_POLICY_PACKS_ENABLED: pool('true', 'false'),
  DPM_POLICY_PACK_ADMIN_APIS_ENABLED: pool('1', '0'),
  DB_TYPE: pool('postgresql', 'sqlite'),
  DB_HOST: pool('db.internal'),
  DB_NAME: pool('holdfast'),
  DB_USER: pool('app'),
  DB_SSL_MODE: pool('require', 'disable'),
});

/** A developer's machine: LOCAL, partly on PostgreSQL. */
const localPlain = some({
  APP_PERSISTENCE_PROFILE: pool('LOCAL', 'local'),
  APP_ENV: pool('dev', 'dev', 'dev', 'staging'),
  APP_PERSISTENCE_SHADOW_PROFILE: pool('PRODUCTION'),
  DPM_SUPPORTABILITY_STORE_BACKEND: pool('POSTGRES', 'SQLITE', 'IN_MEMORY'),
  PROPOSAL_STORE_BACKEND: pool('postgres', 'sql'),
  DPM_POLICY_PACKS_ENABLED: pool('true', 'false'),
  DB_TYPE: pool('postgresql', 'sqlite'),
  DB_HOST: pool('db.internal'),
  DB_NAME: pool('holdfast'),
  DB_USER: pool('app'),
});

const dsns = (dsn: fc.Arbitrary<Secret>) => ({
  DPM_SUPPORTABILITY_POSTGRES_DSN: dsn,
  PROPOSAL_POSTGRES_DSN: dsn,
  DPM_POLICY_PACK_POSTGRES_DSN: dsn,
  DATABASE_URL: dsn,
});

const anySecrets = some({
  ...dsns(fc.oneof(goodDsn(2), badDsn)),
  DB_PASSWORD: secret((word) => word, seededPassword, forms(2)),
  REDIS_URL: fc.oneof(goodRedis, badRedis),
  DB_READ_REPLICA_URLS: replicas,
});

const mostlyGoodSecrets = some({
  ...dsns(goodDsn(0)),
  DB_PASSWORD: secret((word) => word, seededPassword, forms(0)),
  REDIS_URL: goodRedis,
});

/** What may stand in `.env`: all but what decides the profile. */
const DOTENV = [
  ...Object.keys(dsns(goodDsn(0))),
  ...[
    'DB_PASSWORD',
    'REDIS_URL',
    'DB_READ_REPLICA_URLS',
    'DB_TYPE',
    'DB_HOST',
    'DB_NAME',
    'DB_USER',
  ],
  ...['DPM_SUPPORTABILITY_STORE_BACKEND', 'DPM_POLICY_PACKS_ENABLED', 'DB_POOL_SIZE'],
];

const seeded = (
  plain: fc.Arbitrary<Record<string, string>>,
  secrets: fc.Arbitrary<Record<string, Secret>>,
): fc.Arbitrary<Seeded> =>
  fc
    .tuple(plain, secrets, fc.oneof(fc.constant([]), fc.subarray(DOTENV)))
    .map(([plain, secrets, dotenv]) => ({
      world: {
        plain,
        secrets: Object.fromEntries(
          Object.entries(secrets).map(([name, { given }]) => [name, given]),
        ),
        dotenv,
      },
      passwords: Object.values(secrets).flatMap(({ passwords }) => passwords),
    }));

const anyWorld = fc.oneof(
  seeded(anyPlain, anySecrets),
  seeded(mostlyGoodPlain, mostlyGoodSecrets),
  seeded(mostlyGoodPlain, anySecrets),
  seeded(localPlain, fc.oneof(fc.constant({}), mostlyGoodSecrets, anySecrets)),
);

/** The variables and files that stand for a world. */
function realise({ plain, secrets, dotenv }: World): { environment: Texts; files: Texts } {
  const files: Record<string, string> = {};
  const variables: Record<string, string> = { ...plain };
  const fileVariables = new Map<string, string>();
  for (const [name, { text, form }] of Object.entries(secrets)) {
    const path = `/run/secrets/${name.toLowerCase()}`;
    if (form === 'variable' || form === 'both') variables[name] = text;
    if (form !== 'variable') fileVariables.set(`${name}_FILE`, path);
    if (form === 'file' || form === 'both') files[path] = text;
    if (form === 'file with newline') files[path] = `${text}\n`;
  }
  const environment: Record<string, string> = {};
  const lines: string[] = [];
  for (const [name, text] of [...Object.entries(variables), ...fileVariables]) {
    if (dotenv.includes(name.replace(/_FILE$/, ''))) lines.push(`${name}='${text}'`);
    else environment[name] = text;
  }
  return {
    environment,
    files: { ...files, ...(lines.length > 0 && { '.env': lines.join('\n') }) },
  };
}

function judged(world: World) {
  const { environment, files } = realise(world);
  return judge(environment, files);
}

const codes = (violations: readonly Violation[]) =>
  [...new Set(violations.map(({ code }) => code))].sort();

const counted = (name: string, counts: Map<string, number>) =>
  counts.set(name, (counts.get(name) ?? 0) + 1);

describe('the guard, on random environments', () => {
  it('agrees with the contract on the profile and on every code', () => {
    const counts = new Map<string, number>();
    fc.assert(
      fc.property(anyWorld, ({ world }) => {
        const oracle = expected(world);
        const verdict = judged(world);
        if ('violations' in verdict) {
          for (const code of codes(verdict.violations)) counted(code, counts);
          expect(codes(verdict.violations)).toEqual([...oracle.codes].sort());
          return;
        }
        const { profile, strict, shadow } = verdict.settings;
        counted(`${profile} passes`, counts);
        expect({
          codes: [...oracle.codes],
          profile: oracle.profile,
          strict: oracle.strict,
        }).toEqual({
          codes: [],
          profile,
          strict,
        });
        const asked = world.plain.APP_PERSISTENCE_SHADOW_PROFILE !== undefined;
        const listed = profile === 'LOCAL' && asked ? [...oracle.shadow].sort() : [];
        if (listed.length > 0) counted('shadow', counts);
        expect(codes(shadow)).toEqual(listed);
      }),
      { numRuns: 4000 },
    );
    const rules = [...TABLE.flat(), 'STORE_BACKEND_UNKNOWN', 'SECRET_GIVEN_TWICE'];
    const seen = [
      ...rules,
      'SECRET_FILE_UNREADABLE',
      'LOCAL passes',
      'PRODUCTION passes',
      'shadow',
    ];
    expect(seen.filter((name) => !counts.has(name))).toEqual([]);
  });

  it('never lets PRODUCTION pass with a required store off PostgreSQL', () => {
    let passes = 0;
    fc.assert(
      fc.property(seeded(mostlyGoodPlain, mostlyGoodSecrets), ({ world }) => {
        const oracle = expected(world);
        const verdict = judged(world);
        if ('violations' in verdict || verdict.settings.profile !== 'PRODUCTION') return;
        passes += 1;
        const { stores, databases } = verdict.settings;
        expect(oracle.stores.length).toBeGreaterThanOrEqual(2);
        expect(stores.map(({ store }) => store)).toEqual(oracle.stores.map(({ name }) => name));
        for (const { name, onPostgres } of oracle.stores) {
          const binding = stores.find(({ store }) => store === name);
          const database = databases.find((candidate) => candidate.name === binding?.database);
          expect([onPostgres, binding?.backend, database?.type]).toEqual([
            true,
            'POSTGRES',
            'postgresql',
          ]);
          expect(database?.stores).toContain(name);
          expect(database?.type === 'postgresql' && database.dsn.hosts[0].host).toMatch(/./);
        }
        expect(databases.filter(({ type }) => type !== 'postgresql')).toEqual([]);
      }),
      { numRuns: 800 },
    );
    expect(passes).toBeGreaterThan(50);
  });

  it('reports in the order of the table', () => {
    const rankOf = (code: string) => TABLE.findIndex((row) => row.includes(code));
    let several = 0;
    fc.assert(
      fc.property(seeded(anyPlain, anySecrets), ({ world }) => {
        const verdict = judged(world);
        if ('settings' in verdict) return;
        const ranks = verdict.violations
          .map(({ code }) => rankOf(code))
          .filter((rank) => rank >= 0);
        if (new Set(ranks).size > 2) several += 1;
        expect(ranks).toEqual(ranks.toSorted((one, other) => one - other));
      }),
      { numRuns: 500 },
    );
    expect(several).toBeGreaterThan(50);
  });

  it('prints no part of any password', () => {
    const counts = { refused: 0, accepted: 0 };
    fc.assert(
      fc.property(anyWorld, ({ world, passwords }) => {
        const verdict = judged(world);
        counts['settings' in verdict ? 'accepted' : 'refused'] += passwords.length;
        const outputs =
          'settings' in verdict
            ? [
                JSON.stringify(verdict.settings),
                inspect(verdict.settings, { depth: 10, showHidden: true }),
              ]
            : [
                refusal(verdict.violations, service, true),
                refusal(verdict.violations, service, false),
              ];
        const leaks = passwords.flatMap((password) => leaksOf(password, outputs.join('\n')));
        expect(leaks).toEqual([]);
      }),
      { numRuns: 1000 },
    );
    expect(counts.refused).toBeGreaterThan(300);
    expect(counts.accepted).toBeGreaterThan(100);
  });

  it('judges the same environment the same way twice', () => {
    fc.assert(
      fc.property(anyWorld, ({ world }) => {
        const [one, other] = [judged(world), judged(world)].map((verdict) =>
          inspect(verdict, { depth: 10 }),
        );
        expect(one).toBe(other);
      }),
      { numRuns: 200 },
    );
  });
});
