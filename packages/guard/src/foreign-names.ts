import { isStrictName, isLocalName } from './environment-name.js';

/** Names under which others give what `APP_PERSISTENCE_PROFILE` says. */
const PROFILES = new Set([
  'PERSISTENCE_PROFILE',
  'APP_PROFILE',
  'APP_PERSISTENCE',
  'APP_PERSISTENCE_MODE',
  'PERSISTENCE_MODE',
  'HOLDFAST_PROFILE',
  'HOLDFAST_PERSISTENCE_PROFILE',
]);

/** Names of the environment that nobody but its owner can have meant for anything else. */
const ENVIRONMENTS = new Set([
  'APP_ENVIRONMENT',
  'APPENV',
  'AB_ENVIRONMENT',
  'ENVIRONMENT',
  'ENVIRONMENT_NAME',
  'ENV_NAME',
  'HOLDFAST_ENV',
  'HOLDFAST_ENVIRONMENT',
  // In small letters; in capitals it is read.
  'ENV',
]);

/**
 * Names of the environment, or of a mode, that other frameworks and platforms read: `RAILS_ENV`,
 * `ASPNETCORE_ENVIRONMENT`, `SPRING_PROFILES_ACTIVE`, `STAGE`, `TIER`.
 */
const OTHERS_ENVIRONMENTS =
  /(?:^|_)(?:ENV|ENVIRONMENTS?|STAGE|TIER|MODE)$|^(?:ACTIVE_|QUARKUS_)?PROFILES?$|_PROFILES_ACTIVE$|^CI_ENVIRONMENT_NAME$/;
/** Of tools, whose environments are folders. */
const FOLDERS = new Set(['VIRTUAL_ENV', 'CONDA_DEFAULT_ENV', 'BASH_ENV']);
const SWITCHES = /^(?:IS_|APP_)?PROD(?:UCTION)?$/;
const ON = /^\s*["']?(?:1|true|yes|on)["']?\s*$/i;

/**
 * What a variable that the program does not read says of where it runs: `profile` counts beside a name
 * of the environment that is local, `environment` where there is none.
 */
export type Pointer = 'profile' | 'environment';

/** @param name in capitals */
export function pointerIn(name: string, value: string): Pointer | undefined {
  if (value.trim() === '') return undefined;
  if (PROFILES.has(name)) return value.trim().toUpperCase() === 'LOCAL' ? undefined : 'profile';
  if (ENVIRONMENTS.has(name) && isStrictName(value)) return 'profile';
  if (name === 'ENV') return undefined;
  if (ENVIRONMENTS.has(name)) return isLocalName(value) ? undefined : 'environment';
  if (SWITCHES.test(name)) return ON.test(value) ? 'environment' : undefined;
  if (OF_DEPLOYING.test(name)) return undefined;
  const isPlace = FOLDERS.has(name) || value.includes('/');
  const isEnvironment = OTHERS_ENVIRONMENTS.test(name) && !isPlace && isStrictName(value);
  return isEnvironment ? 'environment' : undefined;
}

/** Wherever it stands in a value: in JSON, in a command, behind another name. */
const POSTGRES_URL =
  /\b(?:postgres(?:ql)?|postgis|psql|pgsql|pgx?\d?|cockroachdb|timescaledb)(?:\+\w+)?:\/\/|\bjdbc:postgresql:/i;
const POSTGRES_NAME = /^\s*["'`]?(?:postgres|postgresql|pg)["'`]?\s*$/i;
/** Of a name whose value says which database it is to be. */
const KIND =
  /(?:^|_)(?:DB|DATABASE|SQL|STORE|BACKEND|DIALECT|DRIVER|CLIENT|ENGINE|CONNECTION|TYPE)(?:_|$)/;
const POSTGRES_WORD = /(?:^|_)(?:POSTGRES|POSTGRESQL|PG)(?:_|$)/;
/** What Kubernetes sets for a Service ends otherwise. */
const PLACE_WORD = /(?:^|_)(?:DSN|URL|URI|(?<!SERVICE_)HOST|CONN)(?:_|$)/;
/** Of tools that deploy something else from here. */
const OF_DEPLOYING = /^(?:TF_VAR|SLS)_/;
const POSTGRES_KEYWORDS = /(?:^|\s)host\s*=.*\sdbname\s*=|(?:^|\s)dbname\s*=.*\shost\s*=/i;
const OTHER_URL = /^\s*["'`]?(?:jdbc:)?[a-z][a-z0-9+.-]*:/i;
/** A variable with such a word in its name is for something beside the service. */
const BESIDE = /(?:^|_)(?:TESTS?|TESTING|E2E|SMOKE|SHADOW)(?:_|$)/;
const NAMES_OF_URLS =
  /^(?:HEROKU_POSTGRESQL_\w+_URL|(?:DB|DATABASE|POSTGRES|POSTGRESQL|PG|PGSQL|SQLALCHEMY_DATABASE|SPRING_DATASOURCE|JDBC_DATABASE)_?(?:\w+_)?(?:URL|URI|DSN|CONNECTION_STRING))$/;
const NAMES_OF_PARTS =
  /^(?:(?:DB|DATABASE|POSTGRES|POSTGRESQL|PG)_?(?:HOST|HOSTNAME|SERVER|ADDR|ADDRESS)|DB_?(?:DATABASE|NAME|USER|USERNAME|PASS|PWD|PASSWD|PASSWORD)|DATABASE_(?:NAME|USER|USERNAME|PASS|PASSWORD))$/;
/** Which of several databases it is to be. */
const NAMES_OF_KINDS =
  /^(?:DB|DATABASE|STORE|STORAGE|PERSISTENCE)_?(?:CONNECTION|CLIENT|DRIVER|DIALECT|ENGINE|KIND|TYPE|VENDOR|BACKEND)S?$/;
/** libpq's own stand in many shells, and those of the server's image beside its container. */
const NAMES_IN_SHELLS =
  /^(?:PG(?:HOST|HOSTADDR|DATABASE|USER|PASSWORD|SERVICE|PASSFILE)|POSTGRES_(?:DB|USER|PASSWORD))$/;

/** Whether a variable that the program does not read names a PostgreSQL, or only may. */
export type ServerHint = 'server' | 'shell';

/** @param name in capitals */
export function serverIn(name: string, value: string): ServerHint | undefined {
  if (value.trim() === '' || BESIDE.test(name)) return undefined;
  if (POSTGRES_URL.test(value) || POSTGRES_KEYWORDS.test(value)) return 'server';
  const isShells = NAMES_IN_SHELLS.test(name);
  if (!isShells && KIND.test(name) && POSTGRES_NAME.test(value)) return 'server';
  if (NAMES_OF_KINDS.test(name)) return /postgres|pgsql/i.test(value) ? 'server' : undefined;
  const bare = name.replace(/_FILE$/, '');
  if (NAMES_IN_SHELLS.test(bare)) return 'shell';
  const isNamed = POSTGRES_WORD.test(bare) && PLACE_WORD.test(bare);
  if (NAMES_OF_URLS.test(bare) || isNamed) return OTHER_URL.test(value) ? undefined : 'server';
  return NAMES_OF_PARTS.test(bare) ? 'server' : undefined;
}
