import type { Command } from 'commander';
import type { Settings } from '../config/settings.js';
import { isUnavailable } from '../database/faults.js';
import { openDatabase } from '../database/open-database.js';
import { migratedStores } from '../migrations/migrator.js';
import type { SqlDatabase } from '../database/sql-database.js';
import { verifyDatabases } from '../verification/startup-verification.js';
import { ReasonError } from '../reasons.js';
import { registeredStores } from '../stores/registry.js';
import { countExpired, type Purged, purgeExpired, type Retention } from '../stores/retention.js';
import type { StoreBinding } from '../stores/store.js';
import { type CommandContext, type Report, runCommand, subcommand } from './command.js';

interface Flags {
  readonly json?: boolean;
  readonly dryRun?: boolean;
}

/** What was purged of one store; null where the store is in memory. */
interface Outcome {
  readonly store: string;
  readonly purged: readonly Purged[] | null;
}

const PROGRESS_MS = 2000;

/** `holdfast purge` */
export function purgeCommand(): Command {
  return subcommand('purge', 'Deletes what has been kept for long enough, in small batches.')
    .option('--dry-run', 'count what would be deleted; changes nothing')
    .action((flags: Flags) => runCommand(flags, (context) => purge(context, flags)));
}

async function purge(context: CommandContext, { dryRun = false }: Flags): Promise<Report> {
  const outcomes: Outcome[] = [];
  for (const { name, retention } of registeredStores) {
    const binding = context.settings.stores.find(({ store }) => store === name);
    if (!binding || !retention) continue;
    const open = await retention();
    const work = dryRun ? countExpired : (opened: Retention) => purgeWithProgress(name, opened);
    const purged = await withDatabase(context, binding, (database) =>
      work(open(context.settings, database)),
    );
    outcomes.push({ store: name, purged });
  }
  return {
    text: `${outcomes.flatMap((outcome) => linesOf(outcome, dryRun)).join('\n')}\n`,
    document: {
      dry_run: dryRun,
      stores: Object.fromEntries(outcomes.map(({ store, purged }) => [store, documentOf(purged)])),
    },
  };
}

/** @returns null for a store in memory, which no other process can reach */
async function withDatabase<T>(
  { settings, log }: CommandContext,
  binding: StoreBinding,
  work: (database: SqlDatabase) => Promise<T>,
): Promise<T | null> {
  const database = settings.databases.find(({ name }) => name === binding.database);
  if (!database) return null;
  const only: Settings = { ...settings, databases: [database] };
  await verifyDatabases(only, migratedStores(settings.stores), log);
  const { sql, close } = await openDatabase(database, settings, log);
  try {
    return await work(sql);
  } catch (error) {
    if (error instanceof ReasonError || !isUnavailable(error)) throw error;
    throw new ReasonError('DATABASE_UNAVAILABLE', { cause: error });
  } finally {
    await close();
  }
}

async function purgeWithProgress(store: string, retention: Retention) {
  let told = Date.now();
  return purgeExpired(retention, ({ rule, records }) => {
    if (Date.now() - told < PROGRESS_MS) return;
    told = Date.now();
    process.stderr.write(`${store} ${rule.name}: ${records} deleted so far\n`);
  });
}

function linesOf({ store, purged }: Outcome, dryRun: boolean): readonly string[] {
  if (!purged) return [`${store}: in memory, nothing to purge`];
  const done = dryRun ? 'would be deleted' : 'deleted';
  return purged.map(({ rule, records }) =>
    rule.before === null
      ? `${store} ${rule.name}: kept for good (${rule.variable} is 0)`
      : `${store} ${rule.name}: ${records} ${done}, from before ${rule.before}`,
  );
}

function documentOf(purged: Outcome['purged']): object | null {
  return (
    purged &&
    Object.fromEntries(
      purged.map(({ rule, records }) => [rule.name, { before: rule.before, records }]),
    )
  );
}
