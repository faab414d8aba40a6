import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { createLog } from '@holdfast/core/log';
import { releaseOf } from '@holdfast/core/release';
import { readEnvironment } from '@holdfast/guard/read-environment';
import { judgeSettings } from '@holdfast/guard/judge-settings';
import type { ServiceDeclaration } from '@holdfast/guard/service-declaration';
import type { Settings } from '@holdfast/guard/settings';
import type { StoreDeclaration } from '@holdfast/guard/store-declaration';
import { silentReporter } from '@holdfast/migrate/migration-session';
import { migrateUp, migratorIdentity, storesIn } from '@holdfast/migrate/migrator';
import { type Service, migratedStoresOf } from '@holdfast/migrate/service';
import { connectDataSource, prepareDatabase } from '@holdfast/postgres/database/open-database';
import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { createDatabase } from './temporary-database.js';

/** A database with every migration of a service applied. */
export interface MigratedDatabase {
  readonly database: SqlDatabase;
  /** TypeORM's, of the same connections. */
  readonly dataSource: DataSource;
  /** Closes the database, and removes one that was made for it. */
  close(): Promise<void>;
}

type Environment = Readonly<Record<string, string>>;

/** A new SQLite file. @param environment further variables of the database's settings */
export async function openSqlite(
  service: Service,
  environment: Environment = {},
): Promise<MigratedDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-sqlite-'));
  const given = { ...environment, SQLITE_PATH: join(folder, 'test.sqlite') };
  return openMigrated(service, given, () => rm(folder, { recursive: true, force: true }));
}

/** A new database as `createDatabase` makes it. @param environment as for `openSqlite` */
export async function openPostgres(
  service: Service,
  environment: Environment = {},
): Promise<MigratedDatabase> {
  const database = await createDatabase();
  const given = { ...environment, DB_TYPE: 'postgresql', DATABASE_URL: database.url };
  return openMigrated(service, given, () => database.drop());
}

/**
 * The one database that the variables name. Stores that have to be turned on are.
 * @param remove called when it has been closed, or could not be opened
 */
export async function openMigrated(
  service: Service,
  environment: Environment,
  remove: () => Promise<void> = () => Promise.resolve(),
): Promise<MigratedDatabase> {
  try {
    const opened = await open(service, { ...turnedOn(service.stores), ...environment });
    return {
      ...opened,
      close: async () => {
        await opened.dataSource.destroy();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/**
 * The settings of a LOCAL process with these variables, without files.
 * @throws Error with the codes where the guard refuses them
 */
export function settingsFor(service: ServiceDeclaration, environment: Environment): Settings {
  const readFile = (path: string): string => {
    throw Object.assign(new Error(`the tests give no file ${path}`), { code: 'ENOENT' });
  };
  const raw = readEnvironment(environment, service, readFile);
  const verdict = judgeSettings(raw, service, readFile);
  if ('settings' in verdict) return verdict.settings;
  throw new Error(`refused: ${verdict.violations.map(({ code }) => code).join(', ')}`);
}

async function open(
  service: Service,
  environment: Environment,
): Promise<Omit<MigratedDatabase, 'close'>> {
  const settings = settingsFor(service, environment);
  const [first] = settings.databases;
  if (!first) throw new Error('the settings name no database');
  const stores = storesIn(migratedStoresOf(service, settings.stores), first);
  const identity = migratorIdentity(releaseOf(service.release));
  const reporter = { ...silentReporter, applied: () => undefined };
  await migrateUp(first, stores, settings, identity, reporter);
  const log = await createLog({ format: 'json', level: 'silent' });
  const { options, wrap } = await prepareDatabase(first, settings, log);
  const dataSource = await connectDataSource(options, first);
  return { database: wrap(dataSource), dataSource };
}

function turnedOn(stores: readonly StoreDeclaration[]): Environment {
  const variables = stores.flatMap(({ enabledBy }) => enabledBy.slice(0, 1));
  return Object.fromEntries(variables.map((name) => [name, 'true']));
}
