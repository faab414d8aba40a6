import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { readEnvironment } from '@holdfast/guard/read-environment';
import { type Settings, judgeSettings } from '@holdfast/guard/settings';
import { loggingReporter } from '@holdfast/migrate/logging-reporter';
import { migrateUp, migratorIdentity, storesIn } from '@holdfast/migrate/migrator';
import { release } from '../../src/release.js';
import { openDatabase } from '@holdfast/postgres/database/open-database';
import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { registeredStores } from '../../src/stores/registry.js';
import type { Backend } from '@holdfast/guard/store-declaration';
import { createDatabase } from './postgres.js';
import { migratedStores } from '../../src/stores/migrated-stores.js';

/** Where a repository under test keeps its data. */
export interface OpenBackend {
  /** A migrated database of its own; absent for `IN_MEMORY`. */
  readonly database?: SqlDatabase;
  /** Closes the database and removes it. */
  close(): Promise<void>;
}

/** @param environment further variables of the database's settings */
export async function openBackend(
  backend: Backend,
  environment: Readonly<Record<string, string>> = {},
): Promise<OpenBackend> {
  switch (backend) {
    case 'IN_MEMORY':
      return { close: () => Promise.resolve() };
    case 'SQLITE':
      return openSqlite(environment);
    case 'POSTGRES':
      return openPostgres(environment);
  }
}

/** The settings of a LOCAL process with these variables, without files. */
export function settingsFor(environment: Readonly<Record<string, string>>): Settings {
  const readFile = (path: string): string => {
    throw Object.assign(new Error(`the tests give no file ${path}`), { code: 'ENOENT' });
  };
  const raw = readEnvironment(environment, registeredStores, readFile);
  const verdict = judgeSettings(raw, registeredStores, readFile);
  if ('settings' in verdict) return verdict.settings;
  throw new Error(`refused: ${verdict.violations.map(({ code }) => code).join(', ')}`);
}

async function openSqlite(environment: Readonly<Record<string, string>>): Promise<OpenBackend> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-contract-'));
  return openMigrated(
    { ...environment, SQLITE_PATH: join(folder, 'holdfast.sqlite') },
    async () => {
      await rm(folder, { recursive: true, force: true });
    },
  );
}

async function openPostgres(environment: Readonly<Record<string, string>>): Promise<OpenBackend> {
  const database = await createDatabase();
  const given = { ...environment, DB_TYPE: 'postgresql', DATABASE_URL: database.url };
  return openMigrated(given, () => database.drop());
}

/**
 * Opens the one database that the variables name, with every store's migrations applied.
 * @param remove called when it has been closed
 */
export async function openMigrated(
  environment: Readonly<Record<string, string>>,
  remove: () => Promise<void> = () => Promise.resolve(),
): Promise<Required<OpenBackend>> {
  // The contracts are those of every store, also of one that has to be turned on.
  const settings = settingsFor({ ...environment, DPM_POLICY_PACKS_ENABLED: 'true' });
  const [settingsOfDatabase] = settings.databases;
  if (!settingsOfDatabase) throw new Error('the settings name no database');

  const silent = pino({ level: 'silent' });
  const stores = storesIn(migratedStores(settings.stores), settingsOfDatabase);
  const identity = migratorIdentity(release);
  await migrateUp(settingsOfDatabase, stores, settings, identity, loggingReporter(silent));

  const { sql, close } = await openDatabase(settingsOfDatabase, settings, silent);
  return {
    database: sql,
    close: async () => {
      await close();
      await remove();
    },
  };
}
