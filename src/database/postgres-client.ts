import { checkServerIdentity, type ConnectionOptions } from 'node:tls';
import type { Client, ClientConfig } from 'pg';
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

/** Frees the connection at once, whatever it is doing. */
export function destroyClient(client: Client): void {
  const { connection } = client as unknown as { connection: { stream: { destroy(): void } } };
  connection.stream.destroy();
}
