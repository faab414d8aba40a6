import type { DataSourceOptions } from 'typeorm';
import type { PostgresSettings, SqliteSettings } from '@holdfast/guard/databases';
import type { Settings } from '@holdfast/guard/settings';
import { clientConfig } from '../connection/postgres-client.js';

/** What no data source of Holdfast may do: change a schema, or log a statement's parameters. */
const SHARED = { synchronize: false, migrationsRun: false, logging: false } as const;

/** A failed login in the pool shows at the next checkout; an idle connection's error is no event. */
const ignoreIdleError = () => undefined;

/** Settings to TypeORM options. The pool's bounds are set by `Pool`, not here. */
export function postgresOptions(
  database: PostgresSettings,
  settings: Settings,
): Omit<Extract<DataSourceOptions, { type: 'postgres' }>, 'driver'> {
  const {
    host,
    port,
    user,
    password,
    database: name,
    ssl,
    ...extra
  } = clientConfig(database, settings.pool);
  return {
    ...SHARED,
    type: 'postgres',
    host: host ?? '',
    port: port ?? 5432,
    username: user ?? '',
    password: password as () => string,
    database: name ?? '',
    ssl: ssl as boolean,
    installExtensions: false,
    poolErrorHandler: ignoreIdleError,
    extra,
  };
}

export function sqliteOptions(
  database: SqliteSettings,
  settings: Settings,
): Omit<Extract<DataSourceOptions, { type: 'better-sqlite3' }>, 'driver' | 'prepareDatabase'> {
  return {
    ...SHARED,
    type: 'better-sqlite3',
    database: database.path,
    timeout: settings.pool.lockTimeoutMs,
    ...(database.readOnly && { readonly: true, fileMustExist: true }),
  };
}
