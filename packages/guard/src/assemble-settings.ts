import { Secret } from '@holdfast/core/secret';
import { bindDatabases, withShared } from './bind-databases.js';
import {
  type AuthSettings,
  authModeOf,
  mostRequestsOf,
  operationsAccessOf,
} from './caller-settings.js';
import { credentialsExposure, CREDENTIALS_VARIABLE } from './credentials/judge-credentials.js';
import { judgeCallers, judgeCallerValues, unusedKeys } from './judge-callers.js';
import { judgeLibpqMode } from './libpq-mode.js';
import { type JudgeInput, judgeStores, resolverOf } from './judge-input.js';
import { judgeUnreadNames, type Notice } from './judge-unread-names.js';
import { maskedText } from './masked-text.js';
import { accessDefaults, accessTo } from './postgres-access.js';
import type { Profile } from './profile.js';
import { rateLimitsOf } from './rate-limit-settings.js';
import { ownValues } from './read-values.js';
import { redisUrlOf } from './renewed-redis-url.js';
import { assignReplicas, judgeReplicas } from './replicas.js';
import { secretTexts } from './secret-texts.js';
import type { Settings } from './settings.js';
import type { StoreChoice } from './store-rules.js';
import { hstsSecondsOf, originsIn } from './variables/browser.variables.js';
import type { Violation } from './violation.js';

/**
 * The settings of an environment that nothing has been refused of, frozen.
 * @param choices stores that are turned on, and that resolve
 */
export function assembleSettings(
  input: JudgeInput,
  profile: Profile,
  choices: readonly StoreChoice[],
): Settings {
  const { raw, values, decision, service, dsnContext } = input;
  const { postgresAuthorities, redisAuthorities } = input;
  const dsns = resolverOf(input);
  const access = accessDefaults(values, postgresAuthorities.text);
  const bound = bindDatabases(profile, choices, dsns, values.SQLITE_PATH, access);
  const { bindings } = bound;
  const databases = service.sharedDatabase
    ? withShared(bound.databases, dsns.shared(), access)
    : bound.databases;
  const judged = judgeReplicas(raw, dsnContext);
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
    unusedDsns: [...dsns.unused(onPostgres, service.stores), ...assigned.unused].map(
      (name) => raw.aliases.get(name) ?? name,
    ),
    notices: [
      ...judgeUnreadNames(input).notices,
      ...judgeLibpqMode(raw.unreadNames.sslMode, assigned.databases),
      ...unusedKeys(input, profile),
    ],
    ignoredParameters: [...dsns.ignored(onPostgres), ...judged.ignored],
    exposedFiles: exposedFiles(input),
    ...(raw.keyFile !== undefined && { secretKeyFile: raw.keyFile }),
    shadow: shadowOf(input, profile),
    http: {
      host: values.HOST ?? (profile === 'PRODUCTION' ? '0.0.0.0' : '127.0.0.1'),
      port: values.PORT,
      trustedProxies: values.TRUSTED_PROXIES?.split(',').map((each) => each.trim()) ?? [],
      allowedOrigins: originsIn(values.CORS_ORIGINS),
      hstsSeconds: hstsSecondsOf(values.HSTS_SECONDS, profile),
    },
    auth: authOf(input, profile),
    operations: { access: operationsAccessOf(values, profile), port: values.OPS_PORT },
    callers: { mostRequests: mostRequestsOf(values, profile) },
    rateLimit: rateLimitsOf(values, profile),
    shutdown: { drainMs: values.SHUTDOWN_DRAIN_MS, timeoutMs: values.SHUTDOWN_TIMEOUT_MS },
    log: { format: values.LOG_FORMAT, level: values.LOG_LEVEL, requests: values.LOG_REQUESTS },
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
    variables: ownValues(values, service),
    ...(values.REDIS_URL !== undefined && {
      redisUrl: redisUrlOf(values.REDIS_URL, raw.files?.get('REDIS_URL')),
    }),
    ...(redisAuthorities.text !== undefined && { redisAuthorities: redisAuthorities.text }),
    probeTimeoutMs: values.HEALTH_PROBE_TIMEOUT_MS,
    loginIntervalSeconds: values.HEALTH_LOGIN_INTERVAL_SECONDS,
    maxLagMs: values.HEALTH_MAX_LAG_MS,
    durability: values.DB_DURABILITY ?? (profile === 'PRODUCTION' ? 'require' : 'warn'),
    startupTimeoutSeconds: values.DB_STARTUP_TIMEOUT,
    migrateOnStart: values.MIGRATE_ON_START,
    migrationLockTimeoutSeconds: values.MIGRATION_LOCK_TIMEOUT,
    secrets: secretTexts(raw, service),
  });
}

const READERS = { others: 'every user of the machine', group: 'its group' } as const;

function exposedFiles(input: JudgeInput): readonly Notice[] {
  const credentials = credentialsExposure(input);
  const exposed = new Map(input.raw.exposed);
  if (credentials) exposed.set(CREDENTIALS_VARIABLE, credentials);
  return [...exposed].map(([variable, exposure]) => ({
    variable,
    message: `names a file that ${READERS[exposure]} can read`,
  }));
}

function shadowOf(input: JudgeInput, profile: Profile): readonly Violation[] {
  if (profile !== 'LOCAL' || input.values.APP_PERSISTENCE_SHADOW_PROFILE === undefined) return [];
  const { rules, dsns, backends } = judgeStores(input, 'PRODUCTION');
  return [
    ...rules,
    ...judgeCallers(input, 'PRODUCTION'),
    ...dsns,
    ...backends,
    ...judgeCallerValues(input, 'PRODUCTION'),
  ];
}

function authOf({ values, raw }: JudgeInput, profile: Profile): AuthSettings {
  if (authModeOf(values, profile) === 'none') return { mode: 'none' };
  const key = values.JWT_SIGNING_KEY;
  const file = raw.files?.get('JWT_SIGNING_KEY');
  const cursorFile = raw.files?.get('CURSOR_KEY');
  return {
    mode: 'jwt',
    ...(key !== undefined && { signingKey: new Secret(key) }),
    ...(file !== undefined && { signingKeyFile: file }),
    ...(values.JWT_JWKS_FILE !== undefined && { keySetFile: values.JWT_JWKS_FILE }),
    ...(values.JWT_JWKS_URL !== undefined && { keySetUrl: values.JWT_JWKS_URL }),
    ...(values.JWT_ISSUER !== undefined && { issuer: values.JWT_ISSUER }),
    ...(values.JWT_AUDIENCE !== undefined && { audience: values.JWT_AUDIENCE }),
    ...(values.CURSOR_KEY !== undefined && { cursorKey: new Secret(values.CURSOR_KEY) }),
    ...(cursorFile !== undefined && { cursorKeyFile: cursorFile }),
    ...(values.ADMIN_CREDENTIALS_PATH !== undefined && {
      credentialsFile: values.ADMIN_CREDENTIALS_PATH,
    }),
  };
}

/** All the way down; a `Secret` cannot be changed anyway. */
function freeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) {
    if (typeof part === 'object' && part !== null) freeze(part as object);
  }
  return Object.freeze(value);
}
