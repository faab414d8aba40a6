import { idOf } from '@holdfast/migrate/migration';
import type { MigrationProgress } from '@holdfast/migrate/migration-session';
import {
  type AppliedMigration,
  type MigratedStore,
  migrateUp,
  migratorIdentity,
  type MigratorReporter,
  storesIn,
} from '@holdfast/migrate/migrator';
import { release } from '../release.js';
import type { CommandContext } from '@holdfast/postgres/command/run-guarded';
import type { Report } from '@holdfast/guard/command/report';
import { chosenStores, type MigrateFlags, withDriverFailure } from './migrate-databases.js';
import { writeStderrLine } from '@holdfast/postgres/command/report-waits';

/** `holdfast migrate up` */
export function up(context: CommandContext, flags: MigrateFlags): Promise<Report> {
  return upWith(context, chosenStores(context, flags));
}

/** Applies what these stores have pending, in each database. */
export async function upWith(
  context: CommandContext,
  stores: readonly MigratedStore[],
): Promise<Report> {
  const { settings } = context;
  const applied: AppliedMigration[] = [];
  for (const database of settings.databases) {
    const inDatabase = storesIn(stores, database);
    if (inDatabase.length === 0) continue;
    await withDriverFailure(database, () =>
      migrateUp(
        database,
        inDatabase,
        settings,
        migratorIdentity(release),
        reporter(context, applied),
      ),
    );
  }
  const lines = applied.map(
    ({ store, id, durationMs }) => `${store} ${id}: applied in ${durationMs.toFixed(1)} ms`,
  );
  return {
    text: lines.length > 0 ? `${lines.join('\n')}\n` : 'Nothing to do.\n',
    document: {
      applied: applied.map(({ store, id, durationMs }) => ({
        store,
        migration: id,
        duration_ms: durationMs,
      })),
    },
  };
}

function reporter({ log }: CommandContext, applied: AppliedMigration[]): MigratorReporter {
  return {
    ...migrationReporter(),
    applied: (one) => {
      applied.push(one);
      const { store, id, durationMs } = one;
      log.debug({ event: 'migration.applied', store, migration: id, duration_ms: durationMs });
    },
  };
}

/** Tells on stderr what goes on while migrating. */
export function migrationReporter(): Omit<MigratorReporter, 'applied'> {
  return {
    progress: (progress) => {
      process.stderr.write(`${lineOf(progress)}\n`);
    },
    warning: (migration, text) => {
      process.stderr.write(`${migration.store} ${idOf(migration)}: warning: ${text}\n`);
    },
    waiting: writeStderrLine,
  };
}

function lineOf({ store, id, elapsedSeconds, statement, statements, doing }: MigrationProgress) {
  const place = `statement ${statement} of ${statements}, ${elapsedSeconds.toFixed(0)} s`;
  return `${store} ${id}: ${place}${doing === undefined ? '' : `, ${doing}`}`;
}
