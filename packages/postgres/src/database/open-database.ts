import { AsyncResource } from 'node:async_hooks';
import type Sqlite from 'better-sqlite3';
import { DataSource, type DataSourceOptions } from 'typeorm';
import type { DatabaseSettings } from '@holdfast/guard/databases';
import type { DsnHost } from '@holdfast/guard/dsn';
import { onMoved } from '@holdfast/guard/renewed-password';
import type { Settings } from '@holdfast/guard/settings';
import type { Log } from '@holdfast/core/log';
import { databaseFailure } from '../faults/database-failure.js';
import { postgresOptions, sqliteOptions } from './data-source-options.js';
import { verifiedIdentityOf } from '../verification/verified-identity.js';
import { registerConnection } from '../connection/open-connections.js';
import { PostgresDatabase } from './postgres-database.js';
import type { SqlDatabase } from './sql-database.js';
import { sqliteBusyTimeout, SqliteDatabase } from '../sqlite/sqlite-database.js';
import { SqliteFile } from '../sqlite/sqlite-file.js';

/** TypeORM options with the driver in them, and how the data source becomes a `SqlDatabase`. */
export interface PreparedDatabase {
  readonly options: DataSourceOptions;
  readonly wrap: (dataSource: DataSource) => SqlDatabase;
}

/**
 * Opens a database outside the service, for a command.
 * @returns the database, and what closes it
 * @throws the start-up code of what the driver says
 */
export async function openDatabase(
  database: DatabaseSettings,
  settings: Settings,
  log: Log,
): Promise<{ readonly sql: SqlDatabase; readonly close: () => Promise<void> }> {
  const { options, wrap } = await prepareDatabase(database, settings, log);
  const dataSource = await connectDataSource(options, database);
  return { sql: wrap(dataSource), close: () => dataSource.destroy() };
}

/** @throws the start-up code of what the driver says */
export async function connectDataSource(
  options: DataSourceOptions,
  database: DatabaseSettings,
): Promise<DataSource> {
  try {
    return await new DataSource(options).initialize();
  } catch (error) {
    throw databaseFailure(database, error);
  }
}

/** Loads only the driver that the database needs. */
export async function prepareDatabase(
  database: DatabaseSettings,
  settings: Settings,
  log: Log,
): Promise<PreparedDatabase> {
  return database.type === 'sqlite'
    ? prepareSqliteDatabase(database, settings)
    : preparePostgresDatabase(database, settings, log);
}

async function prepareSqliteDatabase(
  database: Extract<DatabaseSettings, { type: 'sqlite' }>,
  settings: Settings,
): Promise<PreparedDatabase> {
  const { default: driver } = await import('better-sqlite3');
  const { isIntactSqlite, prepareSqlite } = await import('../sqlite/sqlite-session.js');
  const { lockTimeoutMs } = settings.pool;
  const made: { connection?: Sqlite.Database; file?: SqliteFile } = {};
  return {
    options: {
      ...sqliteOptions(database, settings),
      driver,
      prepareDatabase: (opened) => {
        made.connection = opened as Sqlite.Database;
        if (database.readOnly) return;
        prepareSqlite(made.connection, sqliteBusyTimeout(lockTimeoutMs));
        made.connection.prepare('SELECT 1 FROM sqlite_schema').get();
        const file = new SqliteFile(database.path, () => isIntactSqlite(database.path));
        made.file = file;
        closeUnlessCorrupt(made.connection, file);
      },
    },
    wrap: (dataSource) =>
      new SqliteDatabase(
        database,
        dataSource,
        lockTimeoutMs,
        (milliseconds) => {
          made.connection?.pragma(`busy_timeout = ${milliseconds}`);
        },
        made.file,
      ),
  };
}

/** Who closes a file last writes its log into it, whatever that is by then: such a one stays open. */
function closeUnlessCorrupt(connection: Sqlite.Database, file: SqliteFile): void {
  const close = connection.close.bind(connection);
  connection.close = () => (file.isCorrupt ? connection : close());
}

async function preparePostgresDatabase(
  database: Extract<DatabaseSettings, { type: 'postgresql' }>,
  settings: Settings,
  log: Log,
): Promise<PreparedDatabase> {
  const { default: driver } = await import('pg');
  const { Pool } = await import('../pool/pool.js');
  const { clientConfig } = await import('../connection/postgres-client.js');
  const made: { pool?: InstanceType<typeof Pool> } = {};
  onMoved(database.dsn, () => {
    log.warn(
      { event: 'connection_string.moved', database: database.name },
      'the file of its connection string names another user, host or database, which takes a restart; the old ones go on',
    );
  });
  // TypeORM makes its pool with `new driver.Pool(options)`: this is where ours comes in.
  class DriverPool extends Pool {
    constructor(options: object) {
      super(options, settings.pool, {
        name: database.name,
        identity: () => verifiedIdentityOf(database),
        renewsPassword: database.dsn.renew !== undefined,
        startTimeoutMs: settings.startupTimeoutSeconds * 1000,
        describe: (cause) => databaseFailure(database, cause),
        // Bound, or the line would carry the id of some other request.
        onLeak: AsyncResource.bind((stack: string) => {
          const held_ms = settings.pool.leakDetectionMs;
          log.warn(
            { event: 'pool.leak', code: 'POOL_LEAK', database: database.name, held_ms, stack },
            'a connection has not been returned',
          );
        }),
      });
      this.on('connect', (client) => {
        const { host, port } = client as unknown as DsnHost;
        registerConnection(client, clientConfig(database, settings.pool, { host, port }));
      });
      made.pool = this;
    }
  }
  return {
    options: {
      ...postgresOptions(database, settings),
      driver: { ...driver, Pool: DriverPool, native: undefined },
    },
    wrap: (dataSource) => {
      if (!made.pool) throw new TypeError('the data source is not initialised');
      return new PostgresDatabase(database, dataSource, made.pool);
    },
  };
}
