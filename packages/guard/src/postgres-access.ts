import { type Dsn, type DsnHost, isSocket } from './dsn.js';
import type { Values } from './environment.js';
import type { Profile } from './profile.js';
import type { Secret } from '@holdfast/core/secret';
import { SSL_MODES, type SslMode } from './ssl-mode.js';
import type { TargetSessionAttrs } from './target-session-attrs.js';

/** How a connection to PostgreSQL is encrypted, and what is shown and checked on it. */
export interface PostgresTls {
  readonly mode: SslMode;
  /** The authorities to trust, in PEM. */
  readonly ca?: string;
  /** What the client shows, in PEM. */
  readonly certificate?: string;
  readonly key?: Secret;
  /** Of the key. */
  readonly passphrase?: Secret;
}

/** How a connection to PostgreSQL is made. */
export interface PostgresAccess {
  readonly dsn: Dsn;
  /** Which of the hosts will do. */
  readonly targetSessionAttrs: TargetSessionAttrs;
  readonly tls: PostgresTls;
  readonly applicationName: string;
  readonly connectTimeoutMs: number;
}

/** What holds for a connection whose string says nothing else. */
export interface AccessDefaults {
  readonly sslMode: SslMode | undefined;
  /** The authorities to trust, in PEM. */
  readonly ca: string | undefined;
  readonly applicationName: string;
  readonly connectTimeoutMs: number;
}

export function accessDefaults(values: Values, ca: string | undefined): AccessDefaults {
  return {
    sslMode: values.DB_SSL_MODE,
    ca,
    applicationName: values.DB_APPLICATION_NAME,
    connectTimeoutMs: values.DB_CONNECT_TIMEOUT_MS,
  };
}

/**
 * What a connection string leaves open is as the defaults say. The stores write: of several hosts, one
 * that can be written to is looked for. A single one is taken as it is; that it cannot be written to
 * is told by the verification.
 */
export function accessTo(dsn: Dsn, profile: Profile, defaults: AccessDefaults): PostgresAccess {
  const { authorities, ...pair } = dsn.certificates ?? {};
  const ca = authorities ?? defaults.ca;
  return {
    dsn,
    targetSessionAttrs: dsn.targetSessionAttrs ?? (dsn.hosts.length > 1 ? 'read-write' : 'any'),
    tls: {
      mode: sslMode(profile, dsn, defaults.sslMode),
      ...(ca !== undefined && { ca }),
      ...pair,
    },
    applicationName: dsn.applicationName ?? defaults.applicationName,
    connectTimeoutMs: dsn.connectTimeoutSeconds
      ? dsn.connectTimeoutSeconds * 1000
      : defaults.connectTimeoutMs,
  };
}

/**
 * The stronger of what was asked; unasked, PRODUCTION encrypts whatever leaves the machine. Of a unix
 * socket encryption is not asked.
 */
export function sslMode(profile: Profile, dsn: Dsn, setting: SslMode | undefined): SslMode {
  if (dsn.hosts.every(isSocket)) return 'disable';
  const asked = [dsn.sslMode, setting].filter((mode) => mode !== undefined);
  if (asked.length === 0) {
    return profile === 'PRODUCTION' && !dsn.hosts.every(staysHere) ? 'require' : 'disable';
  }
  return asked.reduce((one, other) =>
    SSL_MODES.indexOf(one) >= SSL_MODES.indexOf(other) ? one : other,
  );
}

function staysHere({ host }: DsnHost): boolean {
  return isSocket({ host }) || /^(localhost|127(\.\d{1,3}){3}|::1)$/i.test(host);
}
