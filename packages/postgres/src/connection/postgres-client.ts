import pg, { type ClientConfig } from 'pg';
import type { PostgresSettings } from '@holdfast/guard/databases';
import type { DsnHost } from '@holdfast/guard/dsn';
import { currentPassword } from '@holdfast/guard/renewed-password';
import type { Settings } from '@holdfast/guard/settings';
import { type BindingConfig, channelBindingOf, requireChannelBinding } from './channel-binding.js';
import { setLoopAwareTimeout } from '@holdfast/core/loop-aware-timeout';
import { type HostSelector, hostSelectorOf, type ServerRole } from './host-selection.js';
import { registerConnection } from './open-connections.js';
import { listenForRole, serverRole } from './server-role.js';
import { startLoginIdleTimeout } from './login-idle-timeout.js';
import {
  isRefusedParameter,
  setAfterLogin,
  withoutTimeouts,
  withoutSettings,
} from './startup-parameters.js';
import { tlsOptions } from './tls-options.js';

/** A peer that is gone is found after this, plus ten more seconds of asking by the system. */
const KEEP_ALIVE_AFTER_MS = 10_000;

/** What `pg` is given, and which hosts there are to choose from. */
export interface SessionConfig extends ClientConfig {
  readonly route?: HostSelector;
}

/**
 * What `pg` is given for one connection: single fields, never a URL, so that there is nothing for
 * it to reinterpret. The password is a function and is not printed with the options.
 * @param server which of the hosts of the connection string; the first by default
 */
export function clientConfig(
  database: PostgresSettings,
  pool: Settings['pool'],
  server: DsnHost = database.dsn.hosts[0],
): SessionConfig {
  const { dsn, applicationName, connectTimeoutMs, searchPath } = database;
  const path = searchPath === undefined ? [] : [`-c search_path=${searchPath}`];
  const options = [...(dsn.options === undefined ? [] : [dsn.options]), ...path].join(' ');
  const route = hostSelectorOf(database);
  return {
    ...(route && { route }),
    host: server.host,
    port: server.port,
    user: dsn.user,
    password: () => currentPassword(dsn),
    database: dsn.database,
    ssl: tlsOptions(database, server),
    application_name: applicationName,
    ...(options !== '' && { options }),
    ...channelBindingOf(dsn),
    ...(dsn.directTls && { sslnegotiation: 'direct' as const }),
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: pool.statementTimeoutMs,
    lock_timeout: pool.lockTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
  };
}

/**
 * Opens a connection outside the pool, to the first host that will do. What a pooler refuses at the
 * start of a connection is set after the login, where the session is the client's own.
 * @param loginIdleMs milliseconds without a word from the server after which to give up
 */
export async function connectClient(
  { route, ...config }: SessionConfig,
  loginIdleMs?: number,
): Promise<pg.Client> {
  if (!route) return connectWithFallback(config, loginIdleMs);
  const part = (milliseconds: number) => Math.ceil(milliseconds / route.size);
  const { connectionTimeoutMillis = 0 } = config;
  const bounded = { ...config, connectionTimeoutMillis: part(connectionTimeoutMillis) };
  let failure: unknown;
  for (const server of route.ordered()) {
    const { host, port } = server;
    try {
      const given = { ...bounded, host, port, ssl: route.tlsFor(server) };
      const idleMs = loginIdleMs === undefined ? undefined : part(loginIdleMs);
      const client = await connectWithFallback(given, idleMs, route);
      route.succeeded(server);
      return client;
    } catch (error) {
      failure = error;
      if (!route.failed(server, error)) throw error;
    }
  }
  throw failure;
}

async function connectWithFallback(
  config: ClientConfig,
  loginIdleMs?: number,
  route?: HostSelector,
): Promise<pg.Client> {
  let refused: unknown;
  for (const asked of [config, withoutTimeouts(config), withoutSettings(config)]) {
    try {
      const client = await connectOnce(asked, loginIdleMs, route);
      if (refused) await setAfterLogin(client, config, asked, refused);
      registerConnection(client, config);
      return client;
    } catch (error) {
      if (!isRefusedParameter(error)) throw error;
      refused ??= error;
    }
  }
  throw refused;
}

async function connectOnce(
  { connectionTimeoutMillis = 0, ...config }: ClientConfig,
  loginIdleMs?: number,
  route?: HostSelector,
): Promise<pg.Client> {
  const client: pg.Client = new SessionClient(config);
  const stopListening =
    loginIdleMs === undefined ? undefined : startLoginIdleTimeout(client, loginIdleMs);
  const stopTiming =
    connectionTimeoutMillis > 0
      ? setLoopAwareTimeout(connectionTimeoutMillis, () => {
          destroyClient(client, new Error('timeout expired'));
        })
      : undefined;
  const told = route?.checksRole ? listenForRole(client) : undefined;
  try {
    await client.connect();
    if (told)
      route?.assertRole(
        await serverRole(told(), async (ask) => (await client.query<ServerRole>(ask)).rows[0]),
      );
    return client;
  } catch (error) {
    destroyClient(client);
    throw error;
  } finally {
    stopTiming?.();
    stopListening?.();
  }
}

/** A connection that broke while it was idle tells why to the sender of the next statement. */
class SessionClient extends pg.Client {
  #broken: Error | undefined;

  constructor(config: BindingConfig) {
    super(config);
    if (config.requiresChannelBinding) requireChannelBinding(this);
    this.on('error', (error) => {
      this.#broken ??= error;
    });
  }

  override query(...statement: never[]): never {
    if (this.#broken && typeof statement[0] === 'string')
      return Promise.reject(this.#broken) as never;
    return (super.query as (...statement: never[]) => never).apply(this, statement);
  }
}

/** Closes the socket at once, whatever it is doing. */
export function destroyClient(client: pg.Client, error?: Error): void {
  const { connection } = client as unknown as {
    connection: { stream: { destroy(error?: Error): void } };
  };
  connection.stream.destroy(error);
}
