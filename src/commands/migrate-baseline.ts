import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { DatabaseSettings } from '../config/databases.js';
import type { DatabaseSession } from '../database/session.js';
import { idOf, type Migration } from '../migrations/migration.js';
import { migratorIdentity } from '../migrations/migrator.js';
import { ReasonError } from '../reasons.js';
import { chosenStores, withSession } from './chosen-stores.js';
import { type CommandContext, type Report, runCommand, subcommand } from './command.js';

interface Flags {
  readonly json?: boolean;
  readonly store: string;
  readonly to: string;
}

/** `holdfast migrate baseline` */
export function baselineCommand(): Command {
  return subcommand(
    'migrate baseline',
    'enter migrations as applied whose tables are there already; checks them first',
  )
    .requiredOption('--store <name>', 'the store whose tables are there')
    .requiredOption('--to <version>', 'the last migration that they have, for example 0002')
    .action((flags: Flags) => runCommand(flags, (context) => baseline(context, flags)));
}

async function baseline(context: CommandContext, flags: Flags): Promise<Report> {
  const { settings } = context;
  const { database, migrations } = target(context, flags);
  const { store } = flags;
  // First without the lock and without a right to write, so that a refusal leaves all as it was.
  if (database.type === 'sqlite' && !existsSync(database.path)) {
    throw refusal(`there is no database for ${store} to take over`);
  }
  await withSession(database, context, 'probe', (session) =>
    refuseUnlessEqual(session, context, database, migrations),
  );
  await withSession(database, context, 'migrate', async (session) => {
    const unlock = await session.lock(store, settings.migrationLockTimeoutSeconds);
    try {
      await refuseUnlessEqual(session, context, database, migrations);
      const { appliedBy, build } = migratorIdentity();
      await session.adopt(migrations, { appliedBy: `${appliedBy} baseline`, build });
    } finally {
      await unlock();
    }
  });
  const ids = migrations.map(idOf);
  return {
    text: ids.map((id) => `${store} ${id}: entered as applied\n`).join(''),
    document: { baseline: ids.map((migration) => ({ store, migration })) },
  };
}

/** @throws USAGE for a store without a database, or a version that this build does not have */
function target(
  { settings }: CommandContext,
  { store, to }: Flags,
): { readonly database: DatabaseSettings; readonly migrations: readonly Migration[] } {
  const [chosen] = chosenStores(settings.stores, store);
  const database = settings.databases.find(({ name }) => name === chosen?.database);
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
  session: DatabaseSession,
  { settings }: CommandContext,
  database: DatabaseSettings,
  migrations: readonly Migration[],
): Promise<void> {
  const store = migrations[0]?.store ?? '';
  const { ledger } = await session.inspect();
  const entries = ledger.filter((entry) => entry.store === store);
  if (entries.length > 0) {
    throw refusal(`the ledger has ${entries.map(idOf).toSorted().join(', ')} of ${store} already`);
  }
  const { findDrift } = await import('../migrations/schema/drift.js');
  const { describeDifference } = await import('../migrations/schema/compare-schemas.js');
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
