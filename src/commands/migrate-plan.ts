import type { PostgresSettings, SqliteSettings } from '@holdfast/guard/databases';
import type { Settings } from '@holdfast/guard/settings';
import { idOf, type Migration } from '@holdfast/migrate/migration';
import { type MigratedStore, refuseUnsafe, storesIn } from '@holdfast/migrate/migrator';
import type { CommandContext } from '@holdfast/postgres/command/run-guarded';
import type { Report } from '@holdfast/guard/command/report';
import { EXIT } from '@holdfast/core/reasons';
import { type Finding, verdictsIn } from '@holdfast/migrate/verdicts/verdict';
import {
  chosenStores,
  type MigrateFlags,
  readStatuses,
  withDriverFailure,
} from './migrate-databases.js';

interface Flags extends MigrateFlags {
  readonly failOn?: string;
}

/** A pending migration, as it is told. */
interface Planned {
  readonly migration: Migration;
  /** Its SQL, and before each statement, as comments, what is to be said of it. */
  readonly annotated: string;
  readonly statements: readonly { readonly verdicts: readonly Finding[] }[];
}

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
  const found = await plannedInDatabases(context, stores, pending);
  // In the order of the stores, whatever database they are in.
  const planned = pending.flatMap((migration) =>
    found.filter((one) => one.migration === migration),
  );
  const said = planned.flatMap(({ statements }) => statements.flatMap(({ verdicts }) => verdicts));
  return {
    exitCode: said.some(({ verdict }) => refused.has(verdict)) ? EXIT.failed : EXIT.ok,
    text: planned
      .map(({ migration, annotated }) => `${headingOf(migration)}\n${annotated}`)
      .join('\n'),
    document: {
      migrations: planned.map(({ migration, statements }) => ({
        store: migration.store,
        migration: idOf(migration),
        transactional: migration.transactional,
        sql: migration.sql,
        statements,
      })),
    },
  };
}

function headingOf(migration: Migration): string {
  const transaction = migration.transactional ? 'one transaction' : 'no transaction';
  return `-- ${migration.store} ${idOf(migration)} (${transaction})`;
}

async function plannedInDatabases(
  { settings }: CommandContext,
  stores: readonly MigratedStore[],
  pending: readonly Migration[],
): Promise<readonly Planned[]> {
  const planned: Planned[] = [];
  for (const database of settings.databases) {
    const names = storesIn(stores, database).map(({ store }) => store);
    const migrations = pending.filter(({ store }) => names.includes(store));
    if (migrations.length === 0) continue;
    const inDatabase =
      database.type === 'sqlite'
        ? plannedOnSqlite(database, settings.pool, migrations)
        : plannedOnPostgres(database, settings.pool, migrations);
    planned.push(...(await inDatabase));
  }
  return planned;
}

async function plannedOnSqlite(
  database: SqliteSettings,
  pool: Settings['pool'],
  migrations: readonly Migration[],
): Promise<readonly Planned[]> {
  const { plannedOnSqlite: judged } =
    await import('@holdfast/migrate/sqlite/verdicts/sqlite-findings');
  return withDriverFailure(database, () => Promise.resolve(judged(database, pool, migrations)));
}

async function plannedOnPostgres(
  database: PostgresSettings,
  pool: Settings['pool'],
  migrations: readonly Migration[],
): Promise<readonly Planned[]> {
  const { planMigrations } = await import('@holdfast/migrate/postgres/locks/plan');
  const { annotatedSql, documentOf } = await import('@holdfast/migrate/postgres/locks/plan-text');
  const planned = await planMigrations(database, pool, migrations);
  return planned.map((one) => ({
    migration: one.migration,
    annotated: annotatedSql(one),
    statements: one.statements.map(documentOf),
  }));
}
