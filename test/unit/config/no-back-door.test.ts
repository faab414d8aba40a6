import { describe, expect, it } from '@jest/globals';
import type { SettingsVerdict } from '@holdfast/guard/settings';
import { faultsOf, judge, type Texts } from './judge.js';

/** `GUARD_ENVIRONMENTS=1000000 npm test -- no-back-door` for a long look. */
const ENVIRONMENTS = Number(process.env.GUARD_ENVIRONMENTS ?? 4000);

const DSN = 'postgresql://app:secret@db.internal:5432/holdfast';
const STRICT = ['prod', 'production', 'prd', 'preprod', 'staging', 'stage', 'stg', 'live'];
const LOCAL = ['local', 'dev', 'development', 'test', 'testing', 'ci', 'demo'];
const MARKS = [
  ...['KUBERNETES_SERVICE_HOST', 'DYNO', 'RENDER', 'K_SERVICE', 'NOMAD_ALLOC_ID', 'VERCEL'],
  ...['AWS_LAMBDA_FUNCTION_NAME', 'ECS_CONTAINER_METADATA_URI', 'CLOUD_RUN_JOB', 'GAE_SERVICE'],
  ...['VCAP_APPLICATION', 'NETLIFY', 'KOYEB_SERVICE_ID', 'NF_PROJECT_ID', 'ZEABUR_SERVICE_ID'],
];
const BACKENDS = { dpm: 'DPM_SUPPORTABILITY_STORE_BACKEND', advisory: 'PROPOSAL_STORE_BACKEND' };
const SERVERS = [
  'DATABASE_URL',
  'AB_DATABASE_URL',
  'DPM_SUPPORTABILITY_POSTGRES_DSN',
  'PROPOSAL_POSTGRES_DSN',
  'MIGRATION_DATABASE_URL',
];

/** Names of the environment that other programs read. */
const OTHERS_ENVIRONMENTS = [
  ...['ENVIRONMENT', 'APP_ENVIRONMENT', 'RAILS_ENV', 'ASPNETCORE_ENVIRONMENT', 'FLASK_ENV'],
  ...['SPRING_PROFILES_ACTIVE', 'DJANGO_ENV', 'DEPLOY_ENV', 'STAGE', 'TIER', 'env', 'environment'],
  ...['NEXT_PUBLIC_ENV', 'AZURE_FUNCTIONS_ENVIRONMENT', 'PROFILE', 'APP_MODE'],
];
const OTHERS_PROFILES = ['PERSISTENCE_PROFILE', 'APP_PROFILE'];
/** Names under which other programs look for a PostgreSQL. */
const OTHERS_URLS = [
  ...['DATABASE_URI', 'DATABASE_DSN', 'DB_URL', 'POSTGRES_URL', 'POSTGRESQL_URL', 'POSTGRES_DSN'],
  ...['PG_URL', 'PGURI', 'SQLALCHEMY_DATABASE_URI', 'SPRING_DATASOURCE_URL', 'postgres_url'],
  ...['HEROKU_POSTGRESQL_BLUE_URL', 'DATABASE_PRIVATE_URL', 'MY_OWN_NAME'],
];
const OTHERS_PARTS = ['DB_HOSTNAME', 'DB_DATABASE', 'DB_PASS', 'DBHOST', 'POSTGRES_HOST'];
const OTHERS_HINTS = [
  ['VCAP_SERVICES', `{"uri":"${DSN}"}`],
  ['STARTUP_CMD', `serve --dsn=${DSN}`],
  ['MY_CONN', 'jdbc:postgresql:holdfast'],
  ['MY_CONN', 'cockroachdb://db/x'],
  ['DB_CLIENT', 'pg'],
  ['KC_DB', 'postgres'],
  ['SQL_ENGINE', 'PostgreSQL'],
  ['ADVISORY_POSTGRES_DSN_FILE', '/run/x'],
  ['POSTGRESQL_ADDON_HOST', 'db.internal'],
] as const;
/** Variables that are read, and not from a file. */
const FILELESS = ['APP_ENV', 'APP_PERSISTENCE_PROFILE', 'PROPOSAL_STORE_BACKEND', 'DB_TYPE'];
const FULL_WIDTH = 0xfee0;

/** As shells, editors, other notations and tired fingers disfigure a name. */
const DISFIGURED_NAMES: readonly ((name: string) => string)[] = [
  (name) => name.toLowerCase(),
  (name) => name.toLowerCase().replace(/(^|_)[a-z]/g, (start) => start.toUpperCase()),
  (name) => `${name} `,
  (name) => ` ${name}`,
  (name) => `${name}\r`,
  (name) => `\uFEFF${name}`,
  (name) => `\u200B${name}`,
  (name) => `${name}\u00A0`,
  (name) => `${name.slice(0, 3)}\u200D${name.slice(3)}`,
  (name) => `export ${name}`,
  (name) => `set ${name}`,
  (name) => `$env:${name}`,
  (name) => `"${name}"`,
  (name) => name.replaceAll('_', '-'),
  (name) => name.replaceAll('_', '.'),
  (name) =>
    name.replace(/[A-Z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + FULL_WIDTH)),
];
/** Only told apart for the variables that decide where data lives. */
const TYPED_WRONG: readonly ((name: string, at: number) => string)[] = [
  (name, at) => name.slice(0, at) + name.slice(at + 1),
  (name, at) => `${name.slice(0, at + 1)}X${name.slice(at + 1)}`,
  (name, at) => `${name.slice(0, at)}X${name.slice(at + 1)}`,
  (name, at) => `${name.slice(0, at)}${name.charAt(at + 1)}${name.charAt(at)}${name.slice(at + 2)}`,
];
const DECIDING = new Set([
  ...['APP_ENV', 'APP_PERSISTENCE_PROFILE', 'CI_STRICT', 'DB_HOST', 'DB_NAME', 'DB_USER'],
  ...SERVERS,
  ...Object.values(BACKENDS),
]);

/** What was meant, and what stands for it. */
interface World {
  readonly environment: Texts;
  readonly files: Texts;
  readonly meansProduction: boolean;
  /** By a variable that others read, which counts where none that is read says anything. */
  readonly hintsProduction: boolean;
  readonly meansPostgres: boolean;
  readonly choosesLocal: boolean;
  /** `DB_TYPE=sqlite` */
  readonly choosesSqlite: boolean;
  /** The stores that have a backend of their own. */
  readonly chosen: readonly string[];
}

/** A generator of numbers, the same each time. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function worldOf(next: () => number): World {
  const pick = <T>(all: readonly T[]): T => all[Math.floor(next() * all.length)] as T;
  const chance = (share: number) => next() < share;
  const inSomeCase = (text: string) =>
    pick([text, text.toUpperCase(), text.charAt(0).toUpperCase() + text.slice(1)]);
  /** As templates, shells, editors and env files disfigure a value. */
  const disfigured = (text: string) =>
    pick([
      text,
      text,
      text,
      ` ${text}`,
      `${text}\t`,
      `${text}\r`,
      `"${text}"`,
      `'${text}'`,
      `\uFEFF${text}`,
      `${text}\u200B`,
      `\u00A0${text}`,
    ]);
  const process: Record<string, string> = {};
  const dotenv: Record<string, string> = {};
  const files: Record<string, string> = {};
  const nameOf = (name: string) => {
    if (chance(0.9)) return name;
    if (!DECIDING.has(name.replace(/_FILE$/, '')) || chance(0.6))
      return pick(DISFIGURED_NAMES)(name);
    return pick(TYPED_WRONG)(name, Math.floor(next() * (name.length - 1)));
  };
  const give = (name: string, value: string) => {
    const written = nameOf(name);
    (chance(0.12) ? dotenv : process)[written] = value;
    return written;
  };
  const giveSecret = (name: string, value: string) => {
    if (chance(0.6)) {
      give(name, value);
      return;
    }
    files[`/run/${name}`] = `${value}${pick(['', '\n', '\r\n'])}`;
    give(`${name}_FILE`, disfigured(`/run/${name}`));
  };

  let meansProduction = false;
  let hintsProduction = false;
  for (const name of ['APP_ENV', 'ENV', 'AB_ENV']) {
    if (!chance(0.3)) continue;
    const word = pick([...STRICT, ...LOCAL, ...LOCAL, 'qa', 'uat', '']);
    const affix = chance(0.3) && word !== '' ? pick(['-eu', '_1', '.a', '/b', ' c']) : '';
    give(name, disfigured(inSomeCase(word + affix)));
    meansProduction ||= STRICT.includes(word);
  }
  if (chance(0.15)) {
    const mode = pick(['production', 'development', 'test', 'prod']);
    give('NODE_ENV', disfigured(inSomeCase(mode)));
    meansProduction ||= mode.startsWith('prod');
  }
  if (chance(0.1)) {
    const isOn = chance(0.5);
    give('CI_STRICT', disfigured(isOn ? pick(['1', 'true', 'TRUE']) : '0'));
    meansProduction ||= isOn;
  }
  let choosesLocal = false;
  if (chance(0.25)) {
    const profile = pick(['LOCAL', 'LOCAL', 'PRODUCTION', 'PROD', '']);
    const name = give('APP_PERSISTENCE_PROFILE', disfigured(inSomeCase(profile)));
    // In .env blanks and `export` before a name are none of it.
    const isRead = name.replace('export', '').trim() === 'APP_PERSISTENCE_PROFILE';
    choosesLocal = profile === 'LOCAL' && isRead;
    meansProduction ||= profile.startsWith('PROD');
  }
  if (chance(0.15)) process[pick(MARKS)] = pick(['x', 'x', '']);
  if (chance(0.08)) {
    const word = pick([...STRICT, ...LOCAL]);
    const name = pick(OTHERS_ENVIRONMENTS);
    (chance(0.12) ? dotenv : process)[name] = disfigured(inSomeCase(word));
    hintsProduction ||= STRICT.includes(word);
  }
  if (chance(0.04)) {
    give(pick(OTHERS_PROFILES), 'PRODUCTION');
    meansProduction = true;
  }
  if (chance(0.04)) {
    give('REQUIRE_PROOF', '/run/proof.json');
    meansProduction = true;
  }
  if (chance(0.04)) {
    const name = `${pick(FILELESS)}_FILE`;
    process[chance(0.8) ? name : pick(DISFIGURED_NAMES)(name)] = '/run/x';
    meansProduction = true;
  }

  let meansPostgres = false;
  for (const name of SERVERS) {
    if (!chance(0.12)) continue;
    giveSecret(name, disfigured(pick([DSN, DSN, DSN, '', 'mysql://db/x'])));
    meansPostgres = true;
  }
  if (chance(0.12)) {
    const parts = { DB_HOST: 'db.internal', DB_NAME: 'holdfast', DB_USER: 'app' };
    const isWhole = chance(0.5);
    for (const [name, value] of Object.entries(parts)) {
      if (!isWhole && chance(0.5)) continue;
      if (!isWhole && chance(0.3)) give(name, pick(['', ' ']));
      else giveSecret(name, value);
      meansPostgres = true;
    }
    if (chance(0.3)) {
      giveSecret('DB_PASSWORD', 'secret');
      meansPostgres = true;
    }
    if (chance(0.5)) give('DB_PORT', pick(['5432', 'tcp://10.0.0.1:5432']));
  }
  if (chance(0.06)) {
    give(pick(OTHERS_URLS), pick([DSN, `jdbc:${DSN}`, `"${DSN}"`, DSN.replace('ql', '')]));
    meansPostgres = true;
  }
  if (chance(0.03)) {
    (chance(0.12) ? dotenv : process)[pick(OTHERS_PARTS)] = 'db.internal';
    meansPostgres = true;
  }
  if (chance(0.03)) {
    const [name, value] = pick(OTHERS_HINTS);
    (chance(0.12) ? dotenv : process)[name] = value;
    meansPostgres = true;
  }
  if (chance(0.5)) process.REDIS_URL = 'redis://cache.internal:6379/0';
  const chosen: string[] = [];
  for (const [store, name] of Object.entries(BACKENDS)) {
    if (!chance(0.2)) continue;
    const backend = pick(['SQLITE', 'IN_MEMORY', 'POSTGRES']);
    give(name, backend);
    chosen.push(store);
    meansPostgres ||= backend === 'POSTGRES';
  }
  if (chance(0.05)) {
    if (chance(0.5)) give('DPM_POLICY_PACKS_ENABLED', 'true');
    const backend = pick(['SQLITE', 'POSTGRES']);
    give('DPM_POLICY_PACK_CATALOG_BACKEND', backend);
    chosen.push('policy_packs');
    meansPostgres ||= backend === 'POSTGRES';
  }
  if (chance(0.01)) {
    give('DB_PORT', DSN);
    meansPostgres = true;
  }
  const type = chance(0.15) ? pick(['sqlite', 'postgresql']) : undefined;
  if (type !== undefined) give('DB_TYPE', type);
  const lines = Object.entries(dotenv).map(([name, value]) => `${name}=${value}`);
  if (lines.length > 0) files['.env'] = pick(['', '\uFEFF']) + lines.join(pick(['\n', '\r\n']));
  return {
    environment: process,
    files,
    meansProduction,
    hintsProduction,
    meansPostgres,
    choosesLocal,
    choosesSqlite: type === 'sqlite',
    chosen,
  };
}

/** What ends up elsewhere than on PostgreSQL although it should not; undefined where all is well. */
function lapse(world: World, verdict = judge(world.environment, world.files)): string | undefined {
  if ('violations' in verdict) return undefined;
  const away = verdict.settings.stores.filter(({ backend }) => backend !== 'POSTGRES');
  if (away.length === 0) return undefined;
  const { meansProduction, meansPostgres, choosesLocal, choosesSqlite, chosen } = world;
  if (meansProduction && !choosesLocal) return 'production';
  const isFallen = away.some(({ store }) => !chosen.includes(store));
  if (meansPostgres && isFallen && !choosesLocal && !choosesSqlite) return 'postgres';
  const isOnPlatform = MARKS.some((mark) => mark in world.environment);
  const isNamed = ['APP_ENV', 'ENV', 'AB_ENV'].some((name) => name in world.environment);
  const isNamedAtAll = verdict.settings.environment !== null;
  if (world.hintsProduction && !choosesLocal && !isNamedAtAll) return 'a hint';
  if (isOnPlatform && !choosesLocal && !isNamed) return 'platform';
  return undefined;
}

describe('whatever points to production or to PostgreSQL', () => {
  it(`is on PostgreSQL or refused, in ${ENVIRONMENTS} environments`, () => {
    const next = numbers(20_261_129);
    const counts = { refused: 0, local: 0, production: 0 };
    for (let index = 0; index < ENVIRONMENTS; index += 1) {
      const world = worldOf(next);
      const verdict: SettingsVerdict = judge(world.environment, world.files);
      const lapsed = lapse(world, verdict);
      if (lapsed !== undefined) throw new Error(`${lapsed}: ${JSON.stringify(world)}`);
      if ('violations' in verdict) counts.refused += 1;
      else counts[verdict.settings.profile === 'LOCAL' ? 'local' : 'production'] += 1;
    }
    for (const count of Object.values(counts)) expect(count).toBeGreaterThan(0);
  }, 3_600_000);

  it('is seen by the law: a world that means it and is not refused would be told', () => {
    const world = {
      files: {},
      meansProduction: true,
      hintsProduction: false,
      meansPostgres: true,
    };
    const bare = {
      ...world,
      environment: {},
      choosesLocal: false,
      choosesSqlite: false,
      chosen: [],
    };
    expect(lapse(bare)).toBe('production');
    expect(lapse({ ...bare, meansProduction: false })).toBe('postgres');
    expect(lapse({ ...bare, choosesLocal: true })).toBeUndefined();
  });

  it('an explicit LOCAL does not pass where a name is strict', () => {
    for (const word of STRICT) {
      const faults = faultsOf({ APP_PERSISTENCE_PROFILE: 'LOCAL', APP_ENV: `eu-${word}` });
      expect(faults[0]).toContain('PERSISTENCE_PROFILE_CONFLICTS_WITH_ENVIRONMENT');
    }
  });
});
