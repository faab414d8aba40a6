import { idOf, type Migration } from '../migrations/migration.js';
import type { MigratedStore } from '../migrations/migrator.js';
import type { StoreMigrations } from '../migrations/status.js';
import type { PlannedMigration } from '../migrations/postgres/plan-text.js';
import type { CommandContext, Report } from './command.js';

/** A pending migration; on SQLite nothing is said about its statements. */
type Planned = Pick<PlannedMigration, 'migration'> & Partial<PlannedMigration>;

/**
 * `holdfast migrate plan`: the SQL that `up` would run, and what it locks.
 * @param statuses by store
 * @throws MIGRATION_INVALID:<store>:<version>, and the start-up code of what the driver says
 */
export async function plan(
  context: CommandContext,
  stores: readonly MigratedStore[],
  statuses: Readonly<Record<string, StoreMigrations>>,
): Promise<Report> {
  const pending = stores.flatMap(({ store, migrations }) =>
    migrations.filter((migration) => statuses[store]?.pending.includes(idOf(migration))),
  );
  if (pending.length === 0) return { text: '-- Nothing to do.\n', document: { migrations: [] } };
  const onPostgres = await plannedOnPostgres(context, stores, pending);
  const planned = pending.map(
    (migration): Planned => onPostgres.find((one) => one.migration === migration) ?? { migration },
  );
  const { annotatedSql, documentOf } = await import('../migrations/postgres/plan-text.js');
  return {
    text: planned
      .map(({ migration, statements }) => {
        const sql = statements ? annotatedSql({ migration, statements }) : migration.sql;
        return `${headingOf(migration)}\n${sql}`;
      })
      .join('\n'),
    document: {
      migrations: planned.map(({ migration, statements }) => ({
        store: migration.store,
        migration: idOf(migration),
        transactional: migration.transactional,
        sql: migration.sql,
        ...(statements && { statements: statements.map(documentOf) }),
      })),
    },
  };
}

function headingOf(migration: Migration): string {
  const transaction = migration.transactional ? 'one transaction' : 'no transaction';
  return `-- ${migration.store} ${idOf(migration)} (${transaction})`;
}

async function plannedOnPostgres(
  { settings }: CommandContext,
  stores: readonly MigratedStore[],
  pending: readonly Migration[],
): Promise<readonly PlannedMigration[]> {
  const planned: PlannedMigration[] = [];
  for (const database of settings.databases) {
    if (database.type !== 'postgresql') continue;
    const names = stores.filter((one) => one.database === database.name).map(({ store }) => store);
    const migrations = pending.filter(({ store }) => names.includes(store));
    if (migrations.length === 0) continue;
    const { planMigrations } = await import('../migrations/postgres/plan.js');
    planned.push(...(await planMigrations(database, settings.pool, migrations)));
  }
  return planned;
}
