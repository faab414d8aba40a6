import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { idOf, type Migration } from '../migrations/migration.js';
import { type StoreMigrations, worstState } from '../migrations/status.js';
import {
  type AppliedMigration,
  type MigratedStore,
  migrateUp,
  refuseUnsafe,
  statusesOf,
  storesIn,
} from '../migrations/migrator.js';
import { EXIT } from '../reasons.js';
import { chosenStores, withSession } from './chosen-stores.js';
import { type CommandContext, type Report, runCommand, subcommand } from './command.js';
import { baselineCommand } from './migrate-baseline.js';

interface Flags {
  readonly json?: boolean;
  readonly store?: string;
  readonly drift?: boolean;
}

type Statuses = Readonly<Record<string, StoreMigrations>>;

/** `holdfast migrate up|status|plan|baseline` */
export function migrateCommand(): Command {
  const migrate = new Command('migrate').description(
    'Brings the schemas of the stores up to date.',
  );
  migrate.exitOverride().showHelpAfterError('(see holdfast migrate --help)');
  const actions = [
    ['up', 'apply what is pending, one migrator at a time', up],
    ['status', 'show what is applied, pending, ahead or edited', status],
    ['plan', 'print the SQL that up would run; changes nothing', plan],
  ] as const;
  for (const [name, description, action] of actions) {
    const command = subcommand(`migrate ${name}`, description)
      .option('--store <name>', 'only this store')
      .action((flags: Flags) => runCommand(flags, (context) => action(context, flags)));
    if (name === 'status') {
      command.option('--drift', 'compare the live tables with what the migrations make');
    }
    migrate.addCommand(command);
  }
  migrate.addCommand(baselineCommand());
  return migrate;
}

async function up({ settings, log }: CommandContext, flags: Flags): Promise<Report> {
  const stores = chosenStores(settings.stores, flags.store);
  const applied: AppliedMigration[] = [];
  for (const database of settings.databases) {
    const inDatabase = storesIn(stores, database);
    if (inDatabase.length === 0) continue;
    const done = await withSession(database, { settings, log }, 'migrate', (session) =>
      migrateUp(session, inDatabase, settings, ({ store, id, durationMs }) => {
        log.debug({ event: 'migration.applied', store, migration: id, duration_ms: durationMs });
      }),
    );
    applied.push(...done);
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

async function status(context: CommandContext, flags: Flags): Promise<Report> {
  const stores = chosenStores(context.settings.stores, flags.store);
  const statuses = await readStatuses(context, stores);
  const drift = flags.drift ? await import('./migrate-drift.js') : undefined;
  const drifts = await drift?.readDrifts(context.settings, stores, statuses);
  const lines = Object.entries(statuses).flatMap(([store, one]) => [
    `${store} (${one.backend}): ${one.status}, ${one.applied} of ${one.expected} applied, at ${one.current ?? 'none'}`,
    ...one.pending.map((id) => `  pending  ${id}`),
    ...one.ahead.map((id) => `  ahead    ${id}`),
    ...one.drifted.map((id) => `  edited   ${id}`),
    ...(drift?.driftLines(one, drifts?.[store] ?? null) ?? []),
  ]);
  const worst = worstState(Object.values(statuses).map((one) => one.status));
  const differs = Object.values(drifts ?? {}).some((found) => found && found.length > 0);
  return {
    text: `${lines.join('\n')}\n`,
    document: { status: worst, stores: statuses, ...(drifts && { drift: drifts }) },
    exitCode: worst === 'drifted' || worst === 'ahead' || differs ? EXIT.failed : EXIT.ok,
  };
}

async function plan(context: CommandContext, flags: Flags): Promise<Report> {
  const stores = chosenStores(context.settings.stores, flags.store);
  const statuses = await readStatuses(context, stores);
  for (const [store, one] of Object.entries(statuses)) refuseUnsafe(store, one);
  const pending = stores.flatMap(({ store, migrations }) =>
    migrations.filter((migration) => statuses[store]?.pending.includes(idOf(migration))),
  );
  return {
    text: pending.length > 0 ? pending.map(printed).join('\n') : '-- Nothing to do.\n',
    document: {
      migrations: pending.map((migration) => ({
        store: migration.store,
        migration: idOf(migration),
        transactional: migration.transactional,
        sql: migration.sql,
      })),
    },
  };
}

function printed(migration: Migration): string {
  const transaction = migration.transactional ? 'one transaction' : 'no transaction';
  return `-- ${migration.store} ${idOf(migration)} (${transaction})\n${migration.sql}`;
}

async function readStatuses(
  context: CommandContext,
  stores: readonly MigratedStore[],
): Promise<Statuses> {
  const inMemory = statusesOf(
    stores.filter(({ database }) => database === undefined),
    [],
  );
  const inDatabases = await Promise.all(
    context.settings.databases.map(async (database) => {
      const inDatabase = storesIn(stores, database);
      if (inDatabase.length === 0) return {};
      if (database.type === 'sqlite' && !existsSync(database.path)) {
        return statusesOf(inDatabase, []);
      }
      const { ledger } = await withSession(database, context, 'probe', (session) =>
        session.inspect(),
      );
      return statusesOf(inDatabase, ledger);
    }),
  );
  return Object.assign({}, ...inDatabases, inMemory) as Statuses;
}
