import { isIP } from 'node:net';
import Joi from 'joi';
import type { StoreDeclaration } from './store-declaration.js';
import { SSL_MODES } from './ssl-mode.js';

/** How one variable is read. `T` is what the program gets; a value that does not fit is refused. */
export interface Variable<T = unknown> {
  readonly schema: Joi.Schema<T>;
  /** Completes "must be …" without repeating the value. */
  readonly expects: string;
  readonly meaning: string;
  /** Never printed. */
  readonly secret: boolean;
  /** May be given as a file through `NAME_FILE`, as every secret may. */
  readonly fromFile: boolean;
  /** A password or a key: taken as it is, quotes and all. Any other secret is a URL, or several. */
  readonly verbatim: boolean;
  /** Other names of it. */
  readonly aliases: readonly string[];
  /** What a blank value is: `unset` takes the default, `given` is judged like any other. */
  readonly blank: 'unset' | 'given';
}

const whole = (minimum: number, maximum: number, fallback: number, meaning: string) =>
  variable<number>(
    Joi.number().integer().min(minimum).max(maximum).default(fallback),
    `a whole number from ${minimum} to ${maximum}`,
    meaning,
  );

const flag = (fallback: boolean, meaning: string) =>
  variable<boolean>(
    Joi.boolean().truthy('1', 'yes', 'on').falsy('0', 'no', 'off').default(fallback),
    'true or false',
    meaning,
  );

const oneOf = <const T extends string>(values: readonly T[], meaning: string) =>
  variable(
    Joi.string()
      .trim()
      .lowercase()
      .valid(...values) as Joi.Schema<T | undefined>,
    `one of ${values.join(', ')}`,
    meaning,
  );

const text = (meaning: string, traits: Partial<Pick<Variable, 'fromFile'>> = {}) =>
  variable<string | undefined>(Joi.string().trim(), 'a text', meaning, traits);

/** Judged by the profile rules or by `dsn.ts`, not by Joi; a blank value is no default. */
const judged = (meaning: string) =>
  variable<string | undefined>(Joi.string().allow(''), 'a text', meaning, { blank: 'given' });

const secret = (meaning: string, traits: Partial<Pick<Variable, 'verbatim' | 'aliases'>> = {}) =>
  variable<string | undefined>(Joi.string().allow(''), 'a text', meaning, {
    blank: 'given',
    secret: true,
    fromFile: true,
    ...traits,
  });

/** A URL in place of a path, and a database that is in no file. */
const NO_FILE = /^\s*(?:(?:sqlite\d?|file|jdbc):|[a-z][a-z0-9+.-]+:\/\/|:memory:)/i;

const REDIS_PARAMETERS = new Set(['db', 'family', 'password']);

const REDIS_URL = Joi.string()
  .uri({ scheme: ['redis', 'rediss'] })
  .custom((url: string) => {
    // The driver decodes it all, and throws.
    decodeURIComponent(url);
    const { hostname, pathname, hash, searchParams } = new URL(url);
    const isPlace = hostname !== '' && /^(\/\d*)?$/.test(pathname) && hash === '';
    // It takes any other parameter for an option of its own, such as how it connects again.
    const isPlain = [...searchParams.keys()].every((name) => REDIS_PARAMETERS.has(name));
    if (!isPlace || !isPlain) throw new RangeError('leads elsewhere than it seems to');
    return url;
  })
  .required();

/** @throws for what is no list of addresses and networks */
function proxies(list: string): string {
  for (const each of list.split(',')) {
    const [, address = '', bits] = /^([\da-f.:]+)(?:\/(\d{1,3}))?$/i.exec(each.trim()) ?? [];
    const longest = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
    if (Number(bits ?? 0) > longest) throw new RangeError('no address and no network');
  }
  return list;
}

function variable<T>(
  schema: Joi.Schema<T>,
  expects: string,
  meaning: string,
  traits: Partial<Omit<Variable, 'schema' | 'expects' | 'meaning'>> = {},
): Variable<T> {
  const usual = {
    secret: false,
    fromFile: false,
    verbatim: false,
    aliases: [],
    blank: 'unset',
  } as const;
  return { schema, expects, meaning, ...usual, ...traits };
}

/** Every variable that does not belong to a store, once. */
export const variables = {
  APP_PERSISTENCE_PROFILE: judged('LOCAL or PRODUCTION: which persistence rules hold'),
  APP_ENV: text(
    'name of the environment; strict with the word prod, production, prd, preprod, staging, stage, stg or live',
  ),
  ENV: text('another name of the environment'),
  AB_ENV: text('another name of the environment'),
  NODE_ENV: text('production makes PRODUCTION the default profile'),
  CI_STRICT: flag(false, 'makes any environment strict'),
  APP_PERSISTENCE_SHADOW_PROFILE: oneOf(
    ['production'],
    'under LOCAL, report what PRODUCTION would refuse',
  ),

  HOST: text('address to listen on; 127.0.0.1 under LOCAL, 0.0.0.0 under PRODUCTION'),
  PORT: whole(0, 65535, 8000, 'port to listen on; 0 takes any free port'),
  LOG_FORMAT: oneOf(['json', 'pretty'], 'pretty on a terminal, else json'),
  LOG_LEVEL: variable<string>(
    Joi.string()
      .trim()
      .lowercase()
      .valid('trace', 'debug', 'info', 'warn', 'error', 'fatal')
      .default('info'),
    'one of trace, debug, info, warn, error, fatal',
    'least level that is logged',
  ),
  SHUTDOWN_DRAIN_MS: whole(
    0,
    600_000,
    5000,
    'milliseconds for which a process that is to stop goes on accepting, so that load balancers notice',
  ),
  SHUTDOWN_TIMEOUT_MS: whole(100, 3_600_000, 25_000, 'milliseconds a stop takes at most, in all'),
  HEALTH_PROBE_TIMEOUT_MS: whole(100, 2000, 1000, 'milliseconds a readiness check may take'),
  HEALTH_LOGIN_INTERVAL_SECONDS: whole(
    0,
    86_400,
    30,
    'seconds between new logins to PostgreSQL and Redis that tell of a changed password; 0 off',
  ),
  HEALTH_MAX_LAG_MS: whole(
    0,
    600_000,
    1000,
    'milliseconds that the event loop may be held up before the service is degraded; 0 off',
  ),

  TRUSTED_PROXIES: variable<string | undefined>(
    Joi.string().trim().custom(proxies),
    'addresses or networks such as 10.0.0.0/8, separated by commas',
    'load balancers whose X-Forwarded-For is believed; nobody unless given',
  ),
  RATE_LIMIT_REQUESTS: whole(
    0,
    1_000_000_000,
    0,
    'requests that one client may make in a window, over all instances together; 0 off',
  ),
  RATE_LIMIT_WINDOW_SECONDS: whole(1, 86_400, 60, 'length of a window of RATE_LIMIT_REQUESTS'),
  RATE_LIMIT_INSTANCES: whole(
    1,
    10_000,
    1,
    'instances, at least, that share RATE_LIMIT_REQUESTS while they cannot count in Redis',
  ),

  DB_TYPE: oneOf(['sqlite', 'postgresql'], 'default backend of the stores under LOCAL'),
  DATABASE_URL: secret('connection string of every store on POSTGRES that has none of its own', {
    aliases: ['AB_DATABASE_URL'],
  }),
  DB_HOST: text('host, when no connection string is given', { fromFile: true }),
  DB_PORT: whole(1, 65535, 5432, 'port that goes with DB_HOST'),
  DB_NAME: text('database that goes with DB_HOST', { fromFile: true }),
  DB_USER: text('user that goes with DB_HOST', { fromFile: true }),
  DB_PASSWORD: secret('password that goes with DB_HOST, as it is, not percent-encoded', {
    verbatim: true,
  }),
  SQLITE_PATH: variable<string>(
    Joi.string().pattern(NO_FILE, { invert: true }).default('data/holdfast.sqlite'),
    'the path of a file, not a connection string',
    'file of the stores on SQLITE; its folder is created',
  ),
  DB_DURABILITY: oneOf(
    ['require', 'warn'],
    'a PostgreSQL server on which a crash loses what was acknowledged: refused, or only told',
  ),
  DB_STARTUP_TIMEOUT: whole(1, 3600, 30, 'seconds to wait at start for a database to answer'),
  MIGRATE_ON_START: flag(false, 'under PRODUCTION, run the migrations at start'),
  MIGRATION_DATABASE_URL: secret(
    'connection string that migrates what DATABASE_URL serves: direct, or of a role with more rights',
  ),
  MIGRATION_LOCK_TIMEOUT: whole(
    1,
    86_400,
    60,
    'seconds to wait for another migrator, or for a table that is in use',
  ),
  DPM_SUPPORTABILITY_RETENTION_DAYS: whole(
    0,
    36_500,
    0,
    'days after which a purge deletes runs, with what belongs to them, and lineage; 0 never',
  ),
  DPM_ASYNC_OPERATIONS_TTL_SECONDS: whole(
    0,
    315_360_000,
    0,
    'seconds after which a purge deletes finished async operations; 0 never',
  ),
  IDEMPOTENCY_KEY_TTL_SECONDS: whole(
    0,
    315_360_000,
    0,
    'seconds after which a purge deletes the kept answers to requests with a key; 0 never',
  ),
  DPM_PURGE_INTERVAL_SECONDS: whole(
    0,
    2_592_000,
    0,
    'seconds between purges by the service, one replica at a time; 0 off',
  ),
  DPM_POLICY_PACKS_ENABLED: flag(false, 'turns the policy packs on'),
  DPM_POLICY_PACK_ADMIN_APIS_ENABLED: flag(false, 'turns the policy-pack administration on'),

  DB_POOL_SIZE: {
    ...whole(1, 1000, 5, 'connections kept per database'),
    aliases: ['AB_DB_POOL_SIZE'],
  },
  DB_MAX_OVERFLOW: whole(0, 1000, 10, 'further connections under load, closed when idle'),
  DB_POOL_TIMEOUT: whole(1, 3600, 30, 'seconds a request waits for a connection'),
  DB_POOL_RECYCLE: whole(0, 604_800, 3600, 'seconds after which a connection is replaced; 0 never'),
  DB_POOL_PRE_PING: flag(true, 'test a connection before it is used'),
  DB_CONNECT_TIMEOUT_MS: whole(100, 600_000, 5000, 'milliseconds to open a connection'),
  DB_STATEMENT_TIMEOUT_MS: whole(
    0,
    86_400_000,
    30_000,
    'milliseconds a statement may run; 0 no bound',
  ),
  DB_LOCK_TIMEOUT_MS: whole(
    0,
    86_400_000,
    5000,
    'milliseconds a statement waits for a lock; 0 no bound',
  ),
  DB_LEAK_DETECTION_MS: whole(
    0,
    86_400_000,
    10_000,
    'milliseconds after which a borrowed connection counts as leaked; 0 off',
  ),
  DB_SSL_MODE: oneOf(SSL_MODES, 'encryption of connections to PostgreSQL'),
  DB_SSL_CA_FILE: text('file with the certificate authorities (PEM) to trust'),
  DB_APPLICATION_NAME: variable<string>(
    Joi.string()
      .trim()
      .pattern(/^[\x20-\x7E]{1,63}$/)
      .default('holdfast'),
    '1 to 63 printable ASCII characters',
    'name shown in pg_stat_activity',
  ),
  DB_READ_REPLICA_URLS: secret(
    'connection strings of standbys of what DATABASE_URL or DB_HOST names, separated by commas',
  ),
  DB_REPLICA_MAX_LAG_MS: whole(
    100,
    3_600_000,
    1000,
    'milliseconds that a replica may be behind and still be read from',
  ),
  REQUIRE_PROOF: text(
    'file of the proof pack (proof.json) without which PRODUCTION does not start',
  ),
  PROOF_KEY: variable<string | undefined>(
    Joi.string().min(16),
    'a text of at least 16 characters',
    'key that proof packs are signed with, and have to be signed with',
    { secret: true, fromFile: true, verbatim: true },
  ),
  REDIS_URL: variable<string | undefined>(
    REDIS_URL,
    'a redis:// or rediss:// URL without options of the driver',
    'Redis',
    { secret: true, fromFile: true },
  ),
  REDIS_TLS_CA_FILE: text('file with the certificate authorities (PEM) to trust under rediss://'),
} satisfies Record<string, Variable>;

export type VariableName = keyof typeof variables;

/** What each variable is once read. */
export type Values = {
  readonly [Name in VariableName]: (typeof variables)[Name] extends Variable<infer T> ? T : never;
};

/** The variables of one store, from its registration. */
export function storeVariables(store: StoreDeclaration): Readonly<Record<string, Variable>> {
  return {
    [store.backendVariable]: judged(
      `backend of the ${store.name} store: IN_MEMORY, SQLITE or POSTGRES`,
    ),
    [store.dsnVariable]: secret(`connection string of the ${store.name} store on POSTGRES`),
  };
}

const ofStores = new WeakMap<readonly StoreDeclaration[], ReadonlyMap<string, Variable>>();

/** Every variable of this build with the given stores, by name. */
export function allVariables(stores: readonly StoreDeclaration[]): ReadonlyMap<string, Variable> {
  const all =
    ofStores.get(stores) ??
    new Map<string, Variable>([
      ...Object.entries(variables),
      ...stores.flatMap((store) => Object.entries(storeVariables(store))),
    ]);
  ofStores.set(stores, all);
  return all;
}
