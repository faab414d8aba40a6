import type { PoolConfig } from 'pg';
import type { Settings } from '@holdfast/guard/settings';
import { jittered } from '@holdfast/core/jitter';
import type { HostSelector } from '../connection/host-selection.js';
import type { VerifiedIdentity } from '../verification/verified-identity.js';
import type { ConnectionValidation } from './connection-validation.js';
import type { Logins, RequestedParameters } from './logins.js';
import type { PooledClient } from './pooled-client.js';
import type { PoolEvents } from './pool-events.js';

/** The server's own bound comes first; this one is for a server that says nothing any more. */
const STATEMENT_GRACE_MS = 1000;
/** Connections live up to this share shorter than the time to recycle: not all end at once. */
const LIFE_JITTER = 0.2;

/** What a connection knows of its pool, and reports to it. */
export interface PoolContext {
  readonly connectTimeoutMs: number;
  /** Milliseconds that a statement may take before its connection is given up; 0 for no bound. */
  readonly statementTimeoutMs: number;
  /** Milliseconds after which a connection is not used again, as drawn for this one. */
  drawLifetimeMs(): number;
  /** What may be asked for at the start of a connection. */
  readonly requestedParameters: RequestedParameters;
  /** The hosts to choose from; absent where there is one that is taken as it is. */
  readonly route: HostSelector | undefined;
  /** The database that is looked for; absent where any will do. */
  readonly identity: VerifiedIdentity | undefined;
  onLoginStarted(client: PooledClient): void;
  /** @returns the error to pass on */
  onLoginEnded(client: PooledClient, error: Error | undefined): Error | undefined;
  /** The connection broke, or is of no more use. @param code SQLSTATE, when the server said so */
  onSpoiled(code: string | undefined): void;
}

export function poolContext(
  options: PoolConfig & { readonly route?: HostSelector },
  { statementTimeoutMs, recycleSeconds }: Settings['pool'],
  events: PoolEvents,
  logins: Logins,
  validation: ConnectionValidation,
): PoolContext {
  return {
    connectTimeoutMs: options.connectionTimeoutMillis ?? 5000,
    route: options.route,
    statementTimeoutMs: statementTimeoutMs === 0 ? 0 : statementTimeoutMs + STATEMENT_GRACE_MS,
    drawLifetimeMs: () => jittered((recycleSeconds || Infinity) * 1000, 1 - LIFE_JITTER),
    get identity() {
      return events.identity?.();
    },
    get requestedParameters() {
      return logins.requestedParameters;
    },
    onLoginStarted: (client) => {
      logins.start(client);
    },
    onLoginEnded: (client, error) => logins.end(client, error),
    onSpoiled: (code) => {
      validation.onSpoiled(code);
    },
  };
}
