import Joi from 'joi';
import { SSL_MODES } from '../ssl-mode.js';
import { connectionString, flag, oneOf, text, variable, whole } from '../variable.js';

/**
 * How many connections there are to PostgreSQL, how they are made, and what bounds them.
 * @param name of the service, by which the server knows its connections
 */
export const connectionVariables = (name: string) => ({
  DB_POOL_SIZE: whole(1, 1000, 5, 'connections kept per database', {
    aliases: ['AB_DB_POOL_SIZE'],
  }),
  DB_MAX_OVERFLOW: whole(0, 1000, 10, 'further connections under load, closed when idle'),
  DB_POOL_TIMEOUT: whole(1, 3600, 30, 'seconds a request waits for a connection'),
  DB_POOL_RECYCLE: whole(0, 604_800, 3600, 'seconds after which a connection is replaced; 0 never'),
  DB_POOL_PRE_PING: flag(true, 'test a connection before it is used'),
  DB_CONNECT_TIMEOUT_MS: whole(100, 600_000, 5000, 'milliseconds to open a connection'),
  DB_STATEMENT_TIMEOUT_MS: whole(
    0,
    86_400_000,
    30_000,
    'milliseconds a statement may run; 0 no bound',
  ),
  DB_LOCK_TIMEOUT_MS: whole(
    0,
    86_400_000,
    5000,
    'milliseconds a statement waits for a lock; 0 no bound',
  ),
  DB_LEAK_DETECTION_MS: whole(
    0,
    86_400_000,
    10_000,
    'milliseconds after which a borrowed connection counts as leaked; 0 off',
  ),
  DB_SSL_MODE: oneOf(SSL_MODES, 'encryption of connections to PostgreSQL'),
  DB_SSL_CA_FILE: text('file with the certificate authorities (PEM) to trust'),
  DB_APPLICATION_NAME: variable<string>(
    Joi.string()
      .trim()
      .pattern(/^[\x20-\x7E]{1,63}$/)
      .default(name),
    '1 to 63 printable ASCII characters',
    'name shown in pg_stat_activity',
  ),
  DB_READ_REPLICA_URLS: connectionString(
    'connection strings of standbys of what DATABASE_URL or DB_HOST names, separated by commas',
  ),
  DB_REPLICA_MAX_LAG_MS: whole(
    100,
    3_600_000,
    1000,
    'milliseconds that a replica may be behind and still be read from',
  ),
});
