import { existsSync } from 'node:fs';
import type { DatabaseSettings } from '@holdfast/guard/databases';
import { openSession } from '@holdfast/postgres/sessions/open-session';
import { idOf, type Migration } from '@holdfast/migrate/migration';
import { openMigrationSession } from '@holdfast/migrate/open-migration-session';
import { asMigrationTarget, silentReporter } from '@holdfast/migrate/migration-session';
import { migratorIdentity } from '@holdfast/migrate/migrator';
import { release } from '../release.js';
import { ReasonError } from '../reasons.js';
import type { CommandContext } from '@holdfast/postgres/command/run-guarded';
import type { Report } from '@holdfast/guard/command/report';
import { chosenStores, type MigrateFlags, withDriverFailure } from './migrate-databases.js';
import { writeStderrLine } from '@holdfast/postgres/command/report-waits';
import { withResource } from '@holdfast/core/with-resource';
import { destroySession } from '@holdfast/postgres/sessions/session';

interface Flags extends MigrateFlags {
  readonly store: string;
  readonly to: string;
}

/** `holdfast migrate baseline`: enters migrations as applied whose tables are there already. */
export async function baseline(context: CommandContext, flags: Flags): Promise<Report> {
  const { settings } = context;
  const { database, migrations } = target(context, flags);
  const { store } = flags;
  // First without the lock and without a right to write, so that a refusal leaves all as it was.
  if (database.type === 'sqlite' && !existsSync(database.path)) {
    throw refusal(`there is no database for ${store} to take over`);
  }
  await withDriverFailure(asMigrationTarget(database), async () => {
    await refuseUnlessEqual(context, database, migrations);
    const reporter = { ...silentReporter, waiting: writeStderrLine };
    const opening = openMigrationSession(database, settings, reporter);
    await withResource(opening, destroySession, async (session) => {
      const unlock = await session.lock(store);
      await refuseUnlessEqual(context, database, migrations);
      await session.prepareLedger();
      const { appliedBy, build } = migratorIdentity(release);
      const identity = { appliedBy: `${appliedBy} baseline`, build };
      if (!(await session.adopt(migrations, identity)))
        throw refusal(`another process has just migrated ${store}`);
      await unlock();
    });
  });
  const ids = migrations.map(idOf);
  return {
    text: ids.map((id) => `${store} ${id}: entered as applied\n`).join(''),
    document: { baseline: ids.map((migration) => ({ store, migration })) },
  };
}

/** @throws USAGE for a store without a database, or a version that this build does not have */
function target(
  context: CommandContext,
  { store, to }: Flags,
): { readonly database: DatabaseSettings; readonly migrations: readonly Migration[] } {
  const [chosen] = chosenStores(context, { store });
  const database = context.settings.databases.find(({ name }) => name === chosen?.database);
  if (!chosen || !database) {
    throw new ReasonError('USAGE', { detail: `--store ${store} is in memory and has no tables` });
  }
  const last = chosen.migrations.findIndex(({ version }) => version === to);
  if (last < 0) {
    const known = chosen.migrations.map(({ version }) => version).join(', ');
    throw new ReasonError('USAGE', {
      detail: `--to ${to} is no migration of ${store} in this build, which has ${known || 'none'}`,
    });
  }
  return { database, migrations: chosen.migrations.slice(0, last + 1) };
}

/** @throws MIGRATION_BASELINE_REFUSED with every difference, and what `findDrift` throws */
async function refuseUnlessEqual(
  { settings }: CommandContext,
  database: DatabaseSettings,
  migrations: readonly Migration[],
): Promise<void> {
  const store = migrations[0]?.store ?? '';
  const opening = openSession(database, settings.pool, 'probe');
  const { ledger } = await withResource(opening, destroySession, (session) => session.inspect());
  const entries = ledger.filter((entry) => entry.store === store);
  if (entries.length > 0) {
    throw refusal(`the ledger has ${entries.map(idOf).toSorted().join(', ')} of ${store} already`);
  }
  const { findDrift } = await import('@holdfast/migrate/schema/drift');
  const { describeDifference } = await import('@holdfast/migrate/schema/compare-schemas');
  const differences = await findDrift(database, settings.pool, migrations);
  if (differences.length === 0) return;
  throw refusal(
    `the tables of ${store} are not what its migrations make`,
    differences.map((difference) => ({
      path: `${difference.table}.${difference.name}`,
      message: describeDifference(difference),
    })),
  );
}

function refusal(detail: string, errors: ReasonError['errors'] = []): ReasonError {
  return new ReasonError('MIGRATION_BASELINE_REFUSED', { detail, errors });
}
