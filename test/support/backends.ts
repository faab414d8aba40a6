import type { Backend } from '@holdfast/guard/store-declaration';
import type { Settings } from '@holdfast/guard/settings';
import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import * as migrated from '@holdfast/testing/migrated-database';
import { service } from '../../src/service.js';

type Environment = Readonly<Record<string, string>>;

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
  environment: Environment = {},
): Promise<OpenBackend> {
  switch (backend) {
    case 'IN_MEMORY':
      return { close: () => Promise.resolve() };
    case 'SQLITE':
      return migrated.openSqlite(service, environment);
    case 'POSTGRES':
      return migrated.openPostgres(service, environment);
  }
}

/** The settings of a LOCAL process with these variables, without files. */
export function settingsFor(environment: Environment): Settings {
  return migrated.settingsFor(service, environment);
}

/**
 * Opens the one database that the variables name, with every store's migrations applied.
 * @param remove called when it has been closed
 */
export async function openMigrated(
  environment: Environment,
  remove?: () => Promise<void>,
): Promise<Required<OpenBackend>> {
  return migrated.openMigrated(service, environment, remove);
}
