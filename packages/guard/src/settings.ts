import type { LogSettings } from '@holdfast/core/log';
import type { Secret } from '@holdfast/core/secret';
import type { AuthSettings, OperationsAccess } from './caller-settings.js';
import type { DatabaseSettings, IgnoredParameter } from './databases.js';
import type { Notice } from './judge-unread-names.js';
import type { AccessDefaults } from './postgres-access.js';
import type { Profile } from './profile.js';
import type { RateLimitSettings } from './rate-limit-settings.js';
import type { StoreBinding } from './store-declaration.js';
import type { Violation } from './violation.js';

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
  /** Files of secrets that others can read, too. */
  readonly exposedFiles: readonly Notice[];
  /** With the keys of encrypted values. */
  readonly secretKeyFile?: string;
  readonly http: {
    readonly host: string;
    readonly port: number;
    /** Addresses and networks. */
    readonly trustedProxies: readonly string[];
    /** Whose scripts may read answers; `*` for all. */
    readonly allowedOrigins: readonly string[];
    /** What Strict-Transport-Security says; 0 for nothing. */
    readonly hstsSeconds: number;
  };
  readonly auth: AuthSettings;
  /** What operators look at, and where: the port is that of `separate-port`. */
  readonly operations: { readonly access: OperationsAccess; readonly port: number };
  readonly callers: {
    /** Of one caller that an instance answers at once; 0 for no limit. */
    readonly mostRequests: number;
  };
  readonly rateLimit: RateLimitSettings;
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
  /** By name, what the variables of the stores and of the service say; `valuesOf` gives them typed. */
  readonly variables: Readonly<Record<string, unknown>>;
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
  /** Every secret that is given, used or not: what has to be masked in what others print. */
  readonly secrets: readonly Secret[];
}

export type SettingsVerdict =
  { readonly settings: Settings } | { readonly violations: readonly [Violation, ...Violation[]] };
