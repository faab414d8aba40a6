import { checkServerIdentity, type ConnectionOptions } from 'node:tls';
import pg, { type ClientConfig } from 'pg';
import type { PostgresSettings } from '../config/databases.js';
import type { Settings } from '../config/settings.js';

/**
 * What `pg` is given for one connection: single fields, never a URL, so that there is nothing for
 * it to reinterpret. The password is a function and is not printed with the options.
 */
export function clientConfig(database: PostgresSettings, pool: Settings['pool']): ClientConfig {
  const { dsn, applicationName, connectTimeoutMs } = database;
  return {
    host: dsn.host,
    port: dsn.port,
    user: dsn.user,
    password: () => dsn.password?.reveal() ?? '',
    database: dsn.database,
    ssl: tlsOptions(database),
    application_name: applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: pool.statementTimeoutMs,
    lock_timeout: pool.lockTimeoutMs,
    keepAlive: true,
  };
}

const PROTOCOL_VIOLATION = '08P01';

/**
 * Opens a connection outside the pool. PgBouncer refuses time-outs at the start of a connection; it
 * then has those of the server.
 */
export async function connectClient(config: ClientConfig): Promise<pg.Client> {
  try {
    return await connectOnce(config);
  } catch (error) {
    const { statement_timeout, lock_timeout, ...rest } = config;
    const isRefused = (error as { code?: string }).code === PROTOCOL_VIOLATION;
    if (!isRefused || (statement_timeout === undefined && lock_timeout === undefined)) throw error;
    return connectOnce(rest);
  }
}

async function connectOnce(config: ClientConfig): Promise<pg.Client> {
  const client = new pg.Client(config);
  // A connection that breaks while idle says so here; the next query on it fails and tells why.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    destroyClient(client);
    throw error;
  }
}

/** Closes the socket at once, whatever it is doing. */
export function destroyClient(client: pg.Client): void {
  const { connection } = client as unknown as { connection: { stream: { destroy(): void } } };
  connection.stream.destroy();
}

/**
 * libpq's meanings: `require` encrypts, and with an authority given also checks the chain;
 * `verify-full` checks chain and host name. The host is passed on because Node would otherwise
 * check the certificate of an IP address against `localhost`.
 */
export function tlsOptions({ tls, dsn }: PostgresSettings): false | ConnectionOptions {
  const ca = tls.ca === undefined ? {} : { ca: tls.ca };
  switch (tls.mode) {
    case 'disable':
      return false;
    case 'require':
      return tls.ca === undefined
        ? { rejectUnauthorized: false }
        : { ...ca, rejectUnauthorized: true, checkServerIdentity: () => undefined };
    case 'verify-full':
      return {
        ...ca,
        rejectUnauthorized: true,
        checkServerIdentity: (_, certificate) => checkServerIdentity(dsn.host, certificate),
      };
  }
}
