import Joi from 'joi';
import { connectionString, flag, oneOf, text, variable, whole } from '../variable.js';

/** A URL in place of a path, and a database that is in no file. */
const NO_FILE = /^\s*(?:(?:sqlite\d?|file|jdbc):|[a-z][a-z0-9+.-]+:\/\/|:memory:)/i;

/**
 * Where the databases are, and how they are migrated.
 * @param name of the service, after which its file on SQLite is called
 */
export const databaseVariables = (name: string) => ({
  DB_TYPE: oneOf(['sqlite', 'postgresql'], 'default backend of the stores under LOCAL'),
  DATABASE_URL: connectionString(
    'connection string of every store on POSTGRES that has none of its own',
    { aliases: ['AB_DATABASE_URL'] },
  ),
  DB_HOST: text('host, when no connection string is given', { fromFile: true }),
  DB_PORT: whole(1, 65535, 5432, 'port that goes with DB_HOST'),
  DB_NAME: text('database that goes with DB_HOST', { fromFile: true }),
  DB_USER: text('user that goes with DB_HOST', { fromFile: true }),
  DB_PASSWORD: connectionString('password that goes with DB_HOST, as it is, not percent-encoded', {
    verbatim: true,
  }),
  SQLITE_PATH: variable<string>(
    Joi.string().pattern(NO_FILE, { invert: true }).default(`data/${name}.sqlite`),
    'the path of a file, not a connection string',
    'file of the stores on SQLITE; its folder is created',
  ),
  DB_DURABILITY: oneOf(
    ['require', 'warn'],
    'a PostgreSQL server on which a crash loses what was acknowledged: refused, or only told',
  ),
  DB_STARTUP_TIMEOUT: whole(1, 3600, 30, 'seconds to wait at start for a database to answer'),
  MIGRATE_ON_START: flag(false, 'under PRODUCTION, run the migrations at start'),
  MIGRATION_DATABASE_URL: connectionString(
    'connection string that migrates what DATABASE_URL serves: direct, or of a role with more rights',
  ),
  MIGRATION_LOCK_TIMEOUT: whole(
    1,
    86_400,
    60,
    'seconds to wait for another migrator, or for a table that is in use',
  ),
});
