import { idOf, type Migration } from '@holdfast/migrate/migration';
import { type MigratedStore, refuseUnsafe } from '@holdfast/migrate/migrator';
import type { PlannedMigration } from '@holdfast/migrate/postgres/locks/plan-text';
import type { CommandContext } from '@holdfast/postgres/command/run-guarded';
import type { Report } from '@holdfast/guard/command/report';
import { EXIT } from '@holdfast/core/reasons';
import { verdictsIn } from '@holdfast/migrate/verdicts/verdict';
import { chosenStores, type MigrateFlags, readStatuses } from './migrate-databases.js';

interface Flags extends MigrateFlags {
  readonly failOn?: string;
}

/** A pending migration; on SQLite nothing is said about its statements. */
type Planned = Pick<PlannedMigration, 'migration'> & Partial<PlannedMigration>;

/**
 * `holdfast migrate plan`: the SQL that `up` would run, what it locks, and what else is to be said of it.
 * Exits with 1 where something of that is listed by `--fail-on`.
 * @throws MIGRATION_INVALID:<store>:<version>, and the start-up code of what the driver says
 */
export async function plan(context: CommandContext, flags: Flags): Promise<Report> {
  const refused = verdictsIn(flags.failOn);
  const stores = chosenStores(context, flags);
  const statuses = await readStatuses(context, stores);
  for (const [store, one] of Object.entries(statuses)) refuseUnsafe(store, one);
  const pending = stores.flatMap(({ store, migrations }) =>
    migrations.filter((migration) => statuses[store]?.pending.includes(idOf(migration))),
  );
  if (pending.length === 0) return { text: '-- Nothing to do.\n', document: { migrations: [] } };
  const onPostgres = await plannedOnPostgres(context, stores, pending);
  const planned = pending.map(
    (migration): Planned => onPostgres.find((one) => one.migration === migration) ?? { migration },
  );
  const { annotatedSql, documentOf, findingsOf } =
    await import('@holdfast/migrate/postgres/locks/plan-text');
  const isRefused = planned.some(({ statements = [] }) =>
    statements.flatMap(findingsOf).some(({ verdict }) => refused.has(verdict)),
  );
  return {
    exitCode: isRefused ? EXIT.failed : EXIT.ok,
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
    const { planMigrations } = await import('@holdfast/migrate/postgres/locks/plan');
    planned.push(...(await planMigrations(database, settings.pool, migrations)));
  }
  return planned;
}
