/**
 * The guard once more, written from the text of CONTRACT.md alone: nothing here is imported from
 * `src/`, so that a rule that is lost there is missed here.
 */

/** How a secret is given. */
export type Form = 'variable' | 'file' | 'file with newline' | 'both' | 'missing file';

/** A connection string or another secret, and the code that the contract gives for it. */
export interface Given {
  readonly text: string;
  readonly code?: string;
  readonly form: Form;
}

/** An environment, described by what was meant with it. */
export interface World {
  /** Variables that are no secrets. */
  readonly plain: Readonly<Record<string, string>>;
  /** `DB_READ_REPLICA_URLS` may break several rules: its codes are separated by blanks. */
  readonly secrets: Readonly<Record<string, Given>>;
  /** The variables that stand in `.env` and not in the environment of the process. */
  readonly dotenv: readonly string[];
}

export interface Expected {
  readonly profile: 'LOCAL' | 'PRODUCTION' | undefined;
  readonly strict: boolean;
  readonly codes: ReadonlySet<string>;
  /** The stores that are turned on, and whether they end up on PostgreSQL with something given. */
  readonly stores: readonly { readonly name: string; readonly onPostgres: boolean }[];
  /** What a shadow run of the PRODUCTION rules would list for the stores. */
  readonly shadow: ReadonlySet<string>;
}

/** The part of a value that stands for any value out of its type or range. */
export const OUT_OF_RANGE = 'perhaps';

/** The order of the contract's table, a row an entry. */
export const TABLE: readonly (readonly string[])[] = [
  ['PERSISTENCE_PROFILE_UNKNOWN'],
  ['PERSISTENCE_PROFILE_UNDECIDED'],
  ['POSTGRES_SETTINGS_UNUSED'],
  ['PERSISTENCE_PROFILE_CONFLICTS_WITH_ENVIRONMENT'],
  ['PERSISTENCE_PROFILE_REQUIRES_DPM_POSTGRES'],
  ['PERSISTENCE_PROFILE_REQUIRES_DPM_POSTGRES_DSN'],
  [
    'PERSISTENCE_PROFILE_REQUIRES_ADVISORY_POSTGRES',
    'PERSISTENCE_PROFILE_REQUIRES_ADVISORY_POSTGRES_DSN',
  ],
  [
    'PERSISTENCE_PROFILE_REQUIRES_POLICY_PACK_POSTGRES',
    'PERSISTENCE_PROFILE_REQUIRES_POLICY_PACK_POSTGRES_DSN',
  ],
  ['STORE_REQUIRES_POSTGRES_DSN'],
  ['ENVIRONMENT_REQUIRES_REDIS_URL'],
  [
    'DSN_EMPTY',
    'DSN_SCHEME_UNSUPPORTED',
    'DSN_MALFORMED',
    'DSN_MULTIPLE_HOSTS',
    'DSN_PASSWORD_NOT_ENCODED',
    'DSN_PARAMETER_UNSUPPORTED',
  ],
  ['SETTING_INVALID'],
];

const STORES = [
  {
    name: 'dpm',
    prefix: 'DPM',
    backend: 'DPM_SUPPORTABILITY_STORE_BACKEND',
    dsn: 'DPM_SUPPORTABILITY_POSTGRES_DSN',
  },
  {
    name: 'advisory',
    prefix: 'ADVISORY',
    backend: 'PROPOSAL_STORE_BACKEND',
    dsn: 'PROPOSAL_POSTGRES_DSN',
  },
  {
    name: 'policy_packs',
    prefix: 'POLICY_PACK',
    backend: 'DPM_POLICY_PACK_CATALOG_BACKEND',
    dsn: 'DPM_POLICY_PACK_POSTGRES_DSN',
  },
];

const isTrue = (text: string | undefined) =>
  text !== undefined && ['1', 'true'].includes(text.toLowerCase());

export function expected(world: World): Expected {
  const own = (name: string) => world.plain[name];
  const names = ['APP_ENV', 'ENV', 'AB_ENV']
    .map((name) => (own(name) ?? '').trim().toLowerCase())
    .filter((name) => name !== '');
  const strict =
    isTrue(own('CI_STRICT')) ||
    names.some((name) => name.split(/[^a-z0-9]+/).some((word) => STRICT.includes(word)));
  const explicit = own('APP_PERSISTENCE_PROFILE');
  const profile = profileOf(explicit, strict, own('NODE_ENV'), names);

  const isRead = (name: string) => profile === 'LOCAL' || !world.dotenv.includes(name);
  const visible = <T>(all: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
    Object.fromEntries(Object.entries(all).filter(([name]) => isRead(name)));
  const seen = { plain: visible(world.plain), secrets: visible(world.secrets) };

  const codes = new Set<string>();
  if (profile === undefined) {
    codes.add(`PERSISTENCE_PROFILE_${explicit === undefined ? 'UNDECIDED' : 'UNKNOWN'}`);
  }
  if (profile === 'LOCAL' && explicit === undefined && missesPostgres(seen)) {
    codes.add('POSTGRES_SETTINGS_UNUSED');
  }
  if (explicit !== undefined && profile === 'LOCAL' && strict) {
    codes.add('PERSISTENCE_PROFILE_CONFLICTS_WITH_ENVIRONMENT');
  }
  const stores = profile ? judgeStores(profile, seen) : { codes: [], stores: [], usesParts: false };
  for (const code of stores.codes) codes.add(code);

  const redis = seen.secrets.REDIS_URL;
  const noRedis = redis === undefined || (redis.form === 'variable' && redis.text.trim() === '');
  if (strict && noRedis) codes.add('ENVIRONMENT_REQUIRES_REDIS_URL');

  for (const code of codesOf(seen.secrets.DB_READ_REPLICA_URLS)) codes.add(code);
  for (const { form } of Object.values(seen.secrets)) {
    if (form === 'both') codes.add('SECRET_GIVEN_TWICE');
    if (form === 'missing file') codes.add('SECRET_FILE_UNREADABLE');
  }
  const { DB_PORT: port, ...plain } = seen.plain;
  const texts = [
    ...Object.values(plain),
    ...(port !== undefined && stores.usesParts ? [port] : []),
    ...Object.values(seen.secrets).flatMap(({ form, text }) => (isReadable(form) ? [text] : [])),
  ];
  if (texts.some((text) => text.includes(OUT_OF_RANGE))) codes.add('SETTING_INVALID');

  const shadow = new Set(judgeStores('PRODUCTION', seen).codes);
  return { profile, strict, codes, stores: stores.stores, shadow };
}

const STRICT = ['prod', 'production', 'prd', 'preprod', 'staging', 'stage', 'stg', 'live'];
const LOCAL = ['local', 'dev', 'development', 'test', 'testing', 'ci', 'demo'];

function profileOf(
  explicit: string | undefined,
  strict: boolean,
  nodeEnv: string | undefined,
  names: readonly string[],
) {
  if (explicit === undefined) {
    if (strict || nodeEnv === 'production') return 'PRODUCTION';
    return names.every((name) => LOCAL.includes(name)) ? 'LOCAL' : undefined;
  }
  const name = explicit.trim().toUpperCase();
  return name === 'LOCAL' || name === 'PRODUCTION' ? name : undefined;
}

/** Under a LOCAL that nobody asked for: anything points to PostgreSQL, and a store that nobody put anywhere is not on it. */
function missesPostgres({ plain, secrets }: Omit<World, 'dotenv'>): boolean {
  if (plain.DB_TYPE === 'sqlite') return false;
  const isShared =
    ['DB_HOST', 'DB_NAME', 'DB_USER'].some((name) => plain[name] !== undefined) ||
    ['DATABASE_URL', 'DB_PASSWORD', 'DB_READ_REPLICA_URLS'].some(
      (name) => secrets[name] !== undefined,
    );
  const isGiven = isShared || STORES.some(({ dsn }) => secrets[dsn] !== undefined);
  const enabled = enabledStores(plain);
  const fallen = enabled.filter(
    ({ backend }) => plain[backend] === undefined && plain.DB_TYPE !== 'postgresql',
  );
  const isPointed = STORES.some(
    ({ backend }) => backendOf('LOCAL', plain[backend] ?? 'SQLITE', undefined) === 'POSTGRES',
  );
  return fallen.length > 0 && (isGiven || isPointed);
}

function enabledStores(plain: Readonly<Record<string, string>>) {
  const policyPacks =
    isTrue(plain.DPM_POLICY_PACKS_ENABLED) || isTrue(plain.DPM_POLICY_PACK_ADMIN_APIS_ENABLED);
  return STORES.filter(({ name }) => name !== 'policy_packs' || policyPacks);
}

function judgeStores(profile: 'LOCAL' | 'PRODUCTION', seen: Omit<World, 'dotenv'>) {
  const { plain, secrets } = seen;
  const codes: string[] = [];
  let usesParts = false;
  const parts = ['DB_HOST', 'DB_NAME', 'DB_USER'].every((name) => (plain[name] ?? '').trim());

  const stores = enabledStores(plain).map(
    ({ name, prefix, backend: backendVariable, dsn: dsnVariable }) => {
      const backend = backendOf(profile, plain[backendVariable], plain.DB_TYPE);
      const dsn = secrets[dsnVariable] ?? secrets.DATABASE_URL;
      const isGiven = dsn !== undefined || parts;
      const required = `PERSISTENCE_PROFILE_REQUIRES_${prefix}_POSTGRES`;
      if (backend === undefined) codes.push('STORE_BACKEND_UNKNOWN');
      else if (backend !== 'POSTGRES' && profile === 'PRODUCTION') codes.push(required);
      else if (backend === 'POSTGRES' && !isGiven) {
        codes.push(profile === 'LOCAL' ? 'STORE_REQUIRES_POSTGRES_DSN' : `${required}_DSN`);
      } else if (backend === 'POSTGRES') {
        usesParts ||= dsn === undefined;
        codes.push(...(dsn ? codesOf(dsn) : hostCodes(plain.DB_HOST ?? '')));
      }
      return { name, onPostgres: backend === 'POSTGRES' && isGiven };
    },
  );
  return { codes, stores, usesParts };
}

function backendOf(profile: string, text: string | undefined, dbType: string | undefined) {
  if (text === undefined) {
    return profile === 'PRODUCTION' || dbType === 'postgresql' ? 'POSTGRES' : 'SQLITE';
  }
  const names: Readonly<Record<string, string>> = {
    IN_MEMORY: 'IN_MEMORY',
    SQLITE: 'SQLITE',
    SQL: 'SQLITE',
    POSTGRES: 'POSTGRES',
    POSTGRESQL: 'POSTGRES',
  };
  return names[text.toUpperCase()];
}

function codesOf(given: Given | undefined): readonly string[] {
  return given?.code !== undefined && isReadable(given.form) ? given.code.split(' ') : [];
}

function hostCodes(host: string): readonly string[] {
  if (host.includes(',')) return ['DSN_MULTIPLE_HOSTS'];
  return host.includes(' ') ? ['DSN_MALFORMED'] : [];
}

function isReadable(form: Form): boolean {
  return form !== 'both' && form !== 'missing file';
}
