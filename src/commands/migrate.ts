import { existsSync } from 'node:fs';
import { Command } from 'commander';
import type { DatabaseSettings } from '../config/databases.js';
import { type StoreMigrations, worstState } from '../migrations/status.js';
import {
  type AppliedMigration,
  type MigratedStore,
  migratedStores,
  migrateUp,
  refuseUnsafe,
  statusesOf,
  storesIn,
} from '../migrations/migrator.js';
import { faultOf, openSession, type SessionRole } from '../database/open-session.js';
import type { DatabaseSession } from '../database/session.js';
import { EXIT, ReasonError } from '../reasons.js';
import { type CommandContext, type Report, runCommand, subcommand } from './command.js';

interface Flags {
  readonly json?: boolean;
  readonly store?: string;
}

type Statuses = Readonly<Record<string, StoreMigrations>>;

/** `holdfast migrate up|status|plan` */
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
    migrate.addCommand(
      subcommand(`migrate ${name}`, description)
        .option('--store <name>', 'only this store')
        .action((flags: Flags) => runCommand(flags, (context) => action(context, flags))),
    );
  }
  return migrate;
}

async function up({ settings, log }: CommandContext, flags: Flags): Promise<Report> {
  const stores = chosen(settings.stores, flags);
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
  const statuses = await readStatuses(context, chosen(context.settings.stores, flags));
  const lines = Object.entries(statuses).flatMap(([store, one]) => [
    `${store} (${one.backend}): ${one.status}, ${one.applied} of ${one.expected} applied, at ${one.current ?? 'none'}`,
    ...one.pending.map((id) => `  pending  ${id}`),
    ...one.ahead.map((id) => `  ahead    ${id}`),
    ...one.drifted.map((id) => `  edited   ${id}`),
  ]);
  const worst = worstState(Object.values(statuses).map((one) => one.status));
  return {
    text: `${lines.join('\n')}\n`,
    document: { status: worst, stores: statuses },
    exitCode: worst === 'drifted' || worst === 'ahead' ? EXIT.failed : EXIT.ok,
  };
}

async function plan(context: CommandContext, flags: Flags): Promise<Report> {
  const stores = chosen(context.settings.stores, flags);
  const statuses = await readStatuses(context, stores);
  for (const [store, one] of Object.entries(statuses)) refuseUnsafe(store, one);
  return (await import('./migrate-plan.js')).plan(context, stores, statuses);
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

/** @throws the start-up code of what the driver says, when it is not the migrator that refuses */
async function withSession<T>(
  database: DatabaseSettings,
  { settings }: CommandContext,
  role: SessionRole,
  work: (session: DatabaseSession) => Promise<T>,
): Promise<T> {
  let session: DatabaseSession | undefined;
  try {
    session = await openSession(database, settings.pool, role);
    return await work(session);
  } catch (error) {
    if (error instanceof ReasonError) throw error;
    throw new ReasonError(faultOf(database, error).code, {
      detail: `the ${database.name} database (${database.stores.join(', ')})`,
      cause: error,
    });
  } finally {
    session?.destroy();
  }
}

/** @throws USAGE for a store that does not exist or is turned off */
function chosen(
  bindings: Parameters<typeof migratedStores>[0],
  { store }: Flags,
): readonly MigratedStore[] {
  const known = bindings.map((binding) => binding.store);
  if (store !== undefined && !known.includes(store)) {
    throw new ReasonError('USAGE', { detail: `--store ${store} is none of ${known.join(', ')}` });
  }
  return migratedStores(
    bindings.filter((binding) => store === undefined || binding.store === store),
  );
}
