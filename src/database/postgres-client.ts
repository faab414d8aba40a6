import { checkServerIdentity as checkName, type ConnectionOptions } from 'node:tls';
import pg, { type ClientConfig } from 'pg';
import type { PostgresSettings } from '../config/databases.js';
import { type DsnHost, isSocket } from '../config/dsn.js';
import type { Settings } from '../config/settings.js';
import { type BindingConfig, channelBindingOf, requireChannelBinding } from './channel-binding.js';
import { giveUpWhenSilent } from './silence.js';

/** A peer that is gone is found after this, plus ten more seconds of asking by the system. */
const KEEP_ALIVE_AFTER_MS = 10_000;

/**
 * What `pg` is given for one connection: single fields, never a URL, so that there is nothing for
 * it to reinterpret. The password is a function and is not printed with the options.
 * @param server which of the hosts of the connection string; the first by default
 */
export function clientConfig(
  database: PostgresSettings,
  pool: Settings['pool'],
  server: DsnHost = database.dsn.hosts[0],
): ClientConfig {
  const { dsn, applicationName, connectTimeoutMs, searchPath } = database;
  const path = searchPath === undefined ? [] : [`-c search_path=${searchPath}`];
  const options = [...(dsn.options === undefined ? [] : [dsn.options]), ...path].join(' ');
  return {
    host: server.host,
    port: server.port,
    user: dsn.user,
    password: () => dsn.password?.reveal() ?? '',
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

/** SQLSTATE with which PgBouncer refuses a start-up parameter that it does not know. */
export const PROTOCOL_VIOLATION = '08P01';

/**
 * Opens a connection outside the pool. PgBouncer refuses time-outs at the start of a connection; it
 * then has those of the server.
 * @param silenceMs milliseconds without a word from the server after which to give up
 */
export async function connectClient(config: ClientConfig, silenceMs?: number): Promise<pg.Client> {
  try {
    return await connectOnce(config, silenceMs);
  } catch (error) {
    const { statement_timeout, lock_timeout, ...rest } = config;
    const isRefused = (error as { code?: string }).code === PROTOCOL_VIOLATION;
    if (!isRefused || (statement_timeout === undefined && lock_timeout === undefined)) throw error;
    return connectOnce(rest, silenceMs);
  }
}

async function connectOnce(config: ClientConfig, silenceMs?: number): Promise<pg.Client> {
  const client = new SessionClient(config);
  const stopListening = silenceMs === undefined ? undefined : giveUpWhenSilent(client, silenceMs);
  try {
    await client.connect();
    return client;
  } catch (error) {
    destroyClient(client);
    throw error;
  } finally {
    stopListening?.();
  }
}

/** A connection that broke while it was idle tells why to whoever sends the next statement. */
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
export function destroyClient(client: pg.Client): void {
  const { connection } = client as unknown as { connection: { stream: { destroy(): void } } };
  connection.stream.destroy();
}

/**
 * libpq's meanings: `require` encrypts, and with an authority given is `verify-ca`, which checks the
 * chain; `verify-full` checks chain and host name. The host is passed on because Node would otherwise
 * check the certificate of an IP address against `localhost`.
 */
export function tlsOptions(
  { tls }: Pick<PostgresSettings, 'tls'>,
  server: DsnHost,
): false | ConnectionOptions {
  if (isSocket(server) || tls.mode === 'disable') return false;
  const { ca, certificate, key, passphrase } = tls;
  const shown = {
    ...(ca !== undefined && { ca }),
    ...(certificate !== undefined && { cert: certificate }),
    ...(key && { key: key.reveal() }),
    ...(passphrase && { passphrase: passphrase.reveal() }),
  };
  if (tls.mode === 'verify-full') {
    const checkServerIdentity: ConnectionOptions['checkServerIdentity'] = (_, certificate) =>
      checkName(server.host, certificate);
    return { ...shown, rejectUnauthorized: true, checkServerIdentity };
  }
  if (tls.mode === 'require' && ca === undefined) return { ...shown, rejectUnauthorized: false };
  return { ...shown, rejectUnauthorized: true, checkServerIdentity: () => undefined };
}
