import type { StoreBinding, StoreDeclaration } from './store-declaration.js';
import {
  bindDatabases,
  type DatabaseSettings,
  DsnResolver,
  type IgnoredParameter,
} from './databases.js';
import type { Surroundings } from './dsn.js';
import type { Values } from './environment.js';
import type { LogSettings } from '@holdfast/core/log';
import { judgeStrays, type Notice } from './judge-strays.js';
import { maskedText } from './masked-text.js';
import { judgeLibpqMode } from './libpq-mode.js';
import { type AccessDefaults, accessDefaults, accessTo } from './postgres-access.js';
import { decideProfile, type Profile, type ProfileDecision } from './profile.js';
import type { RawEnvironment, ReadFile } from './read-environment.js';
import { readValues } from './read-values.js';
import { assignReplicas, judgeReplicas } from './replicas.js';
import { withRedisUrl } from './redis-url.js';
import { redisUrlOf } from './renewed-redis-url.js';
import { Secret } from '@holdfast/core/secret';
import { secretTexts } from './secret-texts.js';
import { judgeServerPort } from './server-port.js';
import { chooseBackends, profileRules, type StoreChoice } from './store-rules.js';
import { judgeUnusedPostgres } from './unused-postgres.js';
import { violation, type Violation } from './violation.js';
import { asTold } from './violation-order.js';

/** What the rest of the program sees of the environment: typed, frozen, nothing left to parse. */
export interface Settings {
  readonly profile: Profile;
  /** The variable that chose it; null where nothing at all is set that could. */
  readonly profileBy: string | null;
  readonly environment: string | null;
  readonly strict: boolean;
  /** What PRODUCTION would refuse; only filled under `APP_PERSISTENCE_SHADOW_PROFILE`. */
  readonly shadow: readonly Violation[];
  /** Connection strings that are given but that no store uses. */
  readonly unusedDsns: readonly string[];
  /** Variables that are not read, and may have been meant for some that are. */
  readonly notices: readonly Notice[];
  /** What was left out of the connection strings that are used. */
  readonly ignoredParameters: readonly IgnoredParameter[];
  readonly http: {
    readonly host: string;
    readonly port: number;
    /** Addresses and networks. */
    readonly trustedProxies: readonly string[];
  };
  readonly rateLimit: {
    /** In a window, of one client; 0 turns the limit off. */
    readonly requests: number;
    readonly windowSeconds: number;
    /** That share the limit while they cannot count in Redis: at least so many. */
    readonly instances: number;
  };
  readonly shutdown: { readonly drainMs: number; readonly timeoutMs: number };
  readonly log: LogSettings;
  readonly stores: readonly StoreBinding[];
  readonly databases: readonly DatabaseSettings[];
  /** How far behind a replica may be, in milliseconds. */
  readonly replicaMaxLagMs: number;
  /** What holds for a connection to PostgreSQL whose string says nothing else. */
  readonly postgres: AccessDefaults;
  readonly pool: {
    readonly size: number;
    readonly maxOverflow: number;
    readonly timeoutSeconds: number;
    readonly recycleSeconds: number;
    readonly statementTimeoutMs: number;
    readonly lockTimeoutMs: number;
    readonly prePing: boolean;
    /** Milliseconds; 0 turns the detection off. */
    readonly leakDetectionMs: number;
  };
  readonly dpm: {
    /** 0 keeps for good. */
    readonly retentionDays: number;
    /** 0 keeps for good. */
    readonly operationsTtlSeconds: number;
    /** 0 leaves purging to `holdfast purge`. */
    readonly purgeIntervalSeconds: number;
  };
  /** How long the answers to requests with a key are kept; 0 keeps for good. */
  readonly idempotencyKeyTtlSeconds: number;
  readonly policyPacks: {
    /** Readers may ask which policies are effective. */
    readonly enabled: boolean;
    /** Administrators may change the catalogue. */
    readonly adminEnabled: boolean;
  };
  readonly redisUrl?: Secret;
  /** Authorities to trust (PEM), in place of Node's own. */
  readonly redisAuthorities?: string;
  readonly probeTimeoutMs: number;
  /** 0 turns the logins off. */
  readonly loginIntervalSeconds: number;
  /** 0 turns the judgement off. */
  readonly maxLagMs: number;
  /** Whether a server that may lose what it has acknowledged is refused. */
  readonly durability: 'require' | 'warn';
  readonly startupTimeoutSeconds: number;
  readonly migrateOnStart: boolean;
  readonly migrationLockTimeoutSeconds: number;
  /** File of the proof pack without which PRODUCTION does not start. */
  readonly requireProof?: string;
  readonly proofKey?: Secret;
  /** Every secret that is given, used or not: what has to be masked in what others print. */
  readonly secrets: readonly Secret[];
}

export type SettingsVerdict =
  { readonly settings: Settings } | { readonly violations: readonly [Violation, ...Violation[]] };

/**
 * The guard: all variables and rules at once. Every violation is reported, in the order of the
 * contract's table; settings exist only when there is none.
 */
export function judgeSettings(
  raw: RawEnvironment,
  stores: readonly StoreDeclaration[],
  readFile: ReadFile,
): SettingsVerdict {
  const decision = decideProfile(raw.texts, raw.signs);
  const { values, violations: wrong } = readValues(raw);
  const ca = readAuthorities(values, 'DB_SSL_CA_FILE', readFile);
  const redisCa = readAuthorities(values, 'REDIS_TLS_CA_FILE', readFile);
  const surroundings = surroundingsOf(readFile, ca.text);

  const rules = decision.profile
    ? judgeStores(raw, values, decision.profile, stores, surroundings)
    : { rules: [], backends: [], dsns: [], usesParts: false };
  const invalid = judgeServerPort(wrong, raw.texts.get('DB_PORT'), rules.usesParts);
  const violations = [
    ...decision.violations,
    ...judgeUnusedPostgres(raw, values, decision, stores, surroundings),
    ...judgeStrays(raw, values, decision, stores).violations,
    ...rules.rules,
    ...judgeRedis(decision, raw),
    ...rules.dsns,
    ...judgeReplicas(raw, surroundings).violations,
    ...rules.backends,
    ...raw.violations,
    ...withRedisUrl(raw.texts.get('REDIS_URL'), invalid),
    ...judgeShutdown(values, invalid),
    ...judgeRateLimit(values, invalid),
    ...judgeSslMode(values),
    ...ca.violations,
    ...redisCa.violations,
  ];
  const isForProduction = decision.profile !== 'LOCAL' || decision.strict;
  const [first, ...others] = asTold(violations, raw.aliases, isForProduction);
  if (first) return { violations: [first, ...others] };
  if (!decision.profile) throw new TypeError('an unknown profile is always a violation');
  const { choices } = chooseBackends(raw.texts, decision.profile, stores, enabledIn(values));
  const authorities = { postgres: ca.text, redis: redisCa.text };
  return {
    settings: assemble(
      raw,
      values,
      decision,
      decision.profile,
      stores,
      choices,
      authorities,
      surroundings,
    ),
  };
}

/** What can be told of a configuration that is refused. */
export interface Resolution {
  /** With the stores that resolve alone; absent when none can be told to. */
  readonly settings?: Settings;
  /** Stores that are turned on, and whose data could be anywhere. */
  readonly unresolved: readonly string[];
}

/** What says where the databases are and how to connect: a default would lead elsewhere, or less safely. */
const DECISIVE = /^DB_(HOST|PORT|NAME|USER|PASSWORD|SSL_)/;
/** Something was given, and is not read. */
const UNREAD = new Set(['SETTING_NAME_MISSPELT', 'SETTING_FILE_UNSUPPORTED']);

/** For looking, not for serving: what a refused configuration says of databases without any doubt. */
export function resolve(
  raw: RawEnvironment,
  stores: readonly StoreDeclaration[],
  readFile: ReadFile,
): Resolution {
  const decision = decideProfile(raw.texts, raw.signs);
  const { values, violations: wrong } = readValues(raw);
  const ca = readAuthorities(values, 'DB_SSL_CA_FILE', readFile);
  const redisCa = readAuthorities(values, 'REDIS_TLS_CA_FILE', readFile);
  const { profile } = decision;
  const enabled = enabledIn(values);
  const { choices } = chooseBackends(raw.texts, profile ?? 'PRODUCTION', stores, enabled);
  const surroundings = surroundingsOf(readFile, ca.text);
  const { usesParts } = judgeStores(raw, values, profile ?? 'PRODUCTION', stores, surroundings);
  const invalid = judgeServerPort(wrong, raw.texts.get('DB_PORT'), usesParts);
  const doubts = [...invalid, ...ca.violations, ...raw.violations];
  const isDoubt = ({ code, variable }: Violation) => DECISIVE.test(variable) || UNREAD.has(code);
  if (!profile || doubts.some(isDoubt)) {
    return { unresolved: choices.map(({ store }) => store.name) };
  }
  const resolver = new DsnResolver(raw, values, surroundings);
  const isSound = ({ store, backend }: (typeof choices)[number]) => {
    const verdict = backend === 'POSTGRES' ? resolver.of(store)?.verdict : undefined;
    if (backend === 'POSTGRES') return verdict !== undefined && 'dsn' in verdict;
    return backend !== undefined && profile === 'LOCAL';
  };
  const sound = choices.filter(isSound);
  const authorities = { postgres: ca.text, redis: redisCa.text };
  return {
    settings: assemble(raw, values, decision, profile, stores, sound, authorities, surroundings),
    unresolved: choices.filter((choice) => !sound.includes(choice)).map(({ store }) => store.name),
  };
}

function judgeStores(
  raw: RawEnvironment,
  values: Values,
  profile: Profile,
  stores: readonly StoreDeclaration[],
  surroundings: Surroundings,
) {
  const { choices, violations } = chooseBackends(raw.texts, profile, stores, enabledIn(values));
  const resolver = new DsnResolver(raw, values, surroundings);
  const onPostgres = choices.filter(({ backend }) => backend === 'POSTGRES');
  return {
    rules: profileRules(profile, choices, (store) => resolver.isGiven(store)),
    dsns: resolver.violations(onPostgres.map(({ store }) => store)),
    backends: violations,
    usesParts: onPostgres.some(({ store }) => resolver.sourceOf(store) === 'DB_HOST'),
  };
}

function judgeRedis({ strict }: ProfileDecision, raw: RawEnvironment): readonly Violation[] {
  const given = raw.texts.has('REDIS_URL') || raw.unreadable.has('REDIS_URL');
  return strict && !given
    ? [
        violation(
          'ENVIRONMENT_REQUIRES_REDIS_URL',
          'REDIS_URL',
          'is not set, but a strict environment needs Redis',
        ),
      ]
    : [];
}

/** A bound that is invalid itself is told by that alone. */
function judgeShutdown(values: Values, invalid: readonly Violation[]): readonly Violation[] {
  if (invalid.some(({ variable }) => variable.startsWith('SHUTDOWN_'))) return [];
  if (values.SHUTDOWN_DRAIN_MS < values.SHUTDOWN_TIMEOUT_MS) return [];
  const message = 'must be less than SHUTDOWN_TIMEOUT_MS, of which it is a part';
  return [violation('SETTING_INVALID', 'SHUTDOWN_DRAIN_MS', message)];
}

/** A share of less than one request would be none. */
function judgeRateLimit(values: Values, invalid: readonly Violation[]): readonly Violation[] {
  if (invalid.some(({ variable }) => variable.startsWith('RATE_LIMIT_'))) return [];
  const { RATE_LIMIT_REQUESTS: requests, RATE_LIMIT_INSTANCES: instances } = values;
  if (requests === 0 || requests >= instances) return [];
  const message = 'must be at least RATE_LIMIT_INSTANCES, among which it is divided, or 0';
  return [violation('SETTING_INVALID', 'RATE_LIMIT_REQUESTS', message)];
}

function surroundingsOf(readFile: ReadFile, authorities: string | undefined): Surroundings {
  return { readFile, hasAuthorities: authorities !== undefined };
}

/** Any server has a certificate of some public authority: without the name, one has to be named. */
function judgeSslMode(values: Values): readonly Violation[] {
  if (values.DB_SSL_MODE !== 'verify-ca' || values.DB_SSL_CA_FILE !== undefined) return [];
  const message = 'needs DB_SSL_CA_FILE to be verify-ca';
  const fix = 'Name the authority in DB_SSL_CA_FILE, or set DB_SSL_MODE=verify-full.';
  return [violation('SETTING_INVALID', 'DB_SSL_MODE', message, fix)];
}

function readAuthorities(
  values: Values,
  variable: 'DB_SSL_CA_FILE' | 'REDIS_TLS_CA_FILE',
  readFile: ReadFile,
): { readonly text?: string; readonly violations: readonly Violation[] } {
  const path = values[variable];
  if (path === undefined) return { violations: [] };
  try {
    const text = readFile(path);
    if (text.includes('-----BEGIN CERTIFICATE-----')) return { text, violations: [] };
  } catch {
    // Told below: a file that cannot be read and one without a certificate have the same fix.
  }
  const message = 'must name a readable file with at least one certificate in PEM form';
  return { violations: [violation('SETTING_INVALID', variable, message)] };
}

function enabledIn(values: Values): (variable: string) => boolean {
  return (variable) => (values as Readonly<Record<string, unknown>>)[variable] === true;
}

function assemble(
  raw: RawEnvironment,
  values: Values,
  decision: ProfileDecision,
  profile: Profile,
  stores: readonly StoreDeclaration[],
  choices: readonly StoreChoice[],
  authorities: Readonly<Record<'postgres' | 'redis', string | undefined>>,
  surroundings: Surroundings,
): Settings {
  const dsns = new DsnResolver(raw, values, surroundings);
  const access = accessDefaults(values, authorities.postgres);
  const { bindings, databases } = bindDatabases(profile, choices, dsns, values.SQLITE_PATH, access);
  const judged = judgeReplicas(raw, surroundings);
  const replicas = judged.dsns.map((dsn) => accessTo(dsn, profile, access));
  const assigned = assignReplicas(databases, dsns.shared(), replicas);
  const onPostgres = choices.flatMap(({ store, backend }) =>
    backend === 'POSTGRES' ? [store] : [],
  );
  return freeze({
    profile,
    profileBy: decision.decidedBy ?? null,
    environment: decision.environment === undefined ? null : maskedText(decision.environment),
    strict: decision.strict,
    unusedDsns: [...dsns.unused(onPostgres, stores), ...assigned.unused].map(
      (name) => raw.aliases.get(name) ?? name,
    ),
    notices: [
      ...judgeStrays(raw, values, decision, stores).notices,
      ...judgeLibpqMode(raw.strays.sslMode, assigned.databases),
    ],
    ignoredParameters: [...dsns.ignored(onPostgres), ...judged.ignored],
    shadow: shadowOf(raw, values, profile, stores, surroundings),
    http: {
      host: values.HOST ?? (profile === 'PRODUCTION' ? '0.0.0.0' : '127.0.0.1'),
      port: values.PORT,
      trustedProxies: values.TRUSTED_PROXIES?.split(',').map((each) => each.trim()) ?? [],
    },
    rateLimit: {
      requests: values.RATE_LIMIT_REQUESTS,
      windowSeconds: values.RATE_LIMIT_WINDOW_SECONDS,
      instances: values.RATE_LIMIT_INSTANCES,
    },
    shutdown: { drainMs: values.SHUTDOWN_DRAIN_MS, timeoutMs: values.SHUTDOWN_TIMEOUT_MS },
    log: { format: values.LOG_FORMAT, level: values.LOG_LEVEL },
    stores: bindings,
    databases: assigned.databases,
    replicaMaxLagMs: values.DB_REPLICA_MAX_LAG_MS,
    postgres: access,
    pool: {
      size: values.DB_POOL_SIZE,
      maxOverflow: values.DB_MAX_OVERFLOW,
      timeoutSeconds: values.DB_POOL_TIMEOUT,
      recycleSeconds: values.DB_POOL_RECYCLE,
      statementTimeoutMs: values.DB_STATEMENT_TIMEOUT_MS,
      lockTimeoutMs: values.DB_LOCK_TIMEOUT_MS,
      prePing: values.DB_POOL_PRE_PING,
      leakDetectionMs: values.DB_LEAK_DETECTION_MS,
    },
    dpm: {
      retentionDays: values.DPM_SUPPORTABILITY_RETENTION_DAYS,
      operationsTtlSeconds: values.DPM_ASYNC_OPERATIONS_TTL_SECONDS,
      purgeIntervalSeconds: values.DPM_PURGE_INTERVAL_SECONDS,
    },
    idempotencyKeyTtlSeconds: values.IDEMPOTENCY_KEY_TTL_SECONDS,
    policyPacks: {
      enabled: values.DPM_POLICY_PACKS_ENABLED,
      adminEnabled: values.DPM_POLICY_PACK_ADMIN_APIS_ENABLED,
    },
    ...(values.REDIS_URL !== undefined && {
      redisUrl: redisUrlOf(values.REDIS_URL, raw.files?.get('REDIS_URL')),
    }),
    ...(authorities.redis !== undefined && { redisAuthorities: authorities.redis }),
    probeTimeoutMs: values.HEALTH_PROBE_TIMEOUT_MS,
    loginIntervalSeconds: values.HEALTH_LOGIN_INTERVAL_SECONDS,
    maxLagMs: values.HEALTH_MAX_LAG_MS,
    durability: values.DB_DURABILITY ?? (profile === 'PRODUCTION' ? 'require' : 'warn'),
    startupTimeoutSeconds: values.DB_STARTUP_TIMEOUT,
    migrateOnStart: values.MIGRATE_ON_START,
    migrationLockTimeoutSeconds: values.MIGRATION_LOCK_TIMEOUT,
    ...(profile === 'PRODUCTION' &&
      values.REQUIRE_PROOF !== undefined && { requireProof: values.REQUIRE_PROOF }),
    ...(values.PROOF_KEY !== undefined && { proofKey: new Secret(values.PROOF_KEY) }),
    secrets: secretTexts(raw, stores),
  });
}

function shadowOf(
  raw: RawEnvironment,
  values: Values,
  profile: Profile,
  stores: readonly StoreDeclaration[],
  surroundings: Surroundings,
): readonly Violation[] {
  if (profile !== 'LOCAL' || values.APP_PERSISTENCE_SHADOW_PROFILE === undefined) return [];
  const { rules, dsns, backends } = judgeStores(raw, values, 'PRODUCTION', stores, surroundings);
  return [...rules, ...dsns, ...backends];
}

/** All the way down; a `Secret` cannot be changed anyway. */
function freeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) {
    if (typeof part === 'object' && part !== null) freeze(part as object);
  }
  return Object.freeze(value);
}
