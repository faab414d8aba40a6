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
import { type LiveFindings, liveFindings } from '../verdicts/live-findings.js';
import { refuseUnrunnable } from '../run/refuse-unrunnable.js';
import { type Statement, statementsOf } from '../parser/statements.js';
import { locksOf } from './table-locks.js';
import { type TableSizes, tableSizes } from './table-sizes.js';
import { withResource } from '@holdfast/core/with-resource';

/**
 * What the migrations of one database would do, in the order in which `up` runs them. Reads the
 * catalogues of the database, and rows where they decide whether a statement fails; changes nothing.
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
  const { sizes, findings } = await readDatabase(
    database,
    pool,
    parsed.map(({ statements }) => statements),
  );
  // Together: a table that one migration makes is new to the next as well.
  const locks = new Map(locksOf(all, sizes).map((one) => [one.statement, one]));
  return parsed.map(({ migration, statements }) => ({
    migration,
    statements: statements.flatMap((statement) => {
      const planned = locks.get(statement);
      return planned ? { ...planned, findings: findings.get(statement) ?? [] } : [];
    }),
  }));
}

async function readDatabase(
  database: PostgresSettings,
  pool: Settings['pool'],
  migrations: readonly (readonly Statement[])[],
): Promise<{ readonly sizes: TableSizes; readonly findings: LiveFindings }> {
  const config = clientConfig(database, pool);
  const named = { ...config, application_name: `${config.application_name} plan` };
  try {
    return await withResource(connectClient(named), destroyClient, async (client) => {
      const query = (sql: string, values: unknown[] = []) => client.query(sql, values);
      const sizes = await tableSizes(query, migrations.flat());
      return { sizes, findings: await liveFindings(query, migrations, sizes) };
    });
  } catch (error) {
    throw databaseFailure(database, error);
  }
}
