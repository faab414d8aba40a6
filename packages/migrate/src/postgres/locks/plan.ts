import type { PostgresSettings } from '@holdfast/guard/databases';
import type { Settings } from '@holdfast/guard/settings';
import { databaseFailure } from '@holdfast/postgres/faults/database-failure';
import {
  clientConfig,
  connectClient,
  destroyClient,
} from '@holdfast/postgres/connection/postgres-client';
import type { Migration } from '../../migration.js';
import type { PlannedMigration } from './plan-text.js';
import { refuseUnrunnable } from '../run/refuse-unrunnable.js';
import { type Statement, statementsOf } from '../parser/statements.js';
import { locksOf } from './table-locks.js';
import { type TableSizes, tableSizes } from './table-sizes.js';
import { withResource } from '@holdfast/core/with-resource';

/**
 * What the migrations of one database would do, in the order in which `up` runs them. Reads the
 * catalogues of the database, and changes nothing.
 * @throws MIGRATION_INVALID:<store>:<version>, and the start-up code of what the driver says
 */
export async function planMigrations(
  database: PostgresSettings,
  pool: Settings['pool'],
  migrations: readonly Migration[],
): Promise<readonly PlannedMigration[]> {
  const parsed: { migration: Migration; statements: readonly Statement[] }[] = [];
  for (const migration of migrations) {
    const statements = await statementsOf(migration);
    refuseUnrunnable(migration, statements);
    parsed.push({ migration, statements });
  }
  const all = parsed.flatMap(({ statements }) => statements);
  const sizes = await readSizes(database, pool, all);
  // Together: a table that one migration makes is new to the next as well.
  const locks = new Map(locksOf(all, sizes).map((one) => [one.statement, one]));
  return parsed.map(({ migration, statements }) => ({
    migration,
    statements: statements.flatMap((statement) => locks.get(statement) ?? []),
  }));
}

async function readSizes(
  database: PostgresSettings,
  pool: Settings['pool'],
  statements: readonly Statement[],
): Promise<TableSizes> {
  const config = clientConfig(database, pool);
  const named = { ...config, application_name: `${config.application_name} plan` };
  try {
    return await withResource(connectClient(named), destroyClient, (client) =>
      tableSizes((sql, values) => client.query(sql, values), statements),
    );
  } catch (error) {
    throw databaseFailure(database, error);
  }
}
