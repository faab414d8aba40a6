import type { Command } from 'commander';
import { requestFault } from '@holdfast/postgres/faults/request-fault';
import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { EXIT } from '@holdfast/core/reasons';
import { ReasonError } from '../reasons.js';
import { registeredStores } from '../stores/registry.js';
import { countExpired, type Purged, purgeExpired, type Retention } from '../stores/retention.js';
import type { StoreBinding } from '@holdfast/guard/store-declaration';
import type { CommandContext } from '@holdfast/postgres/command/run-guarded';
import type { Report } from '@holdfast/guard/command/report';
import { runCommand, subcommand } from './command.js';
import { stopOnSignal } from './stop-on-signal.js';
import { verifyMigrated } from './migrate-databases.js';

interface Flags {
  readonly json?: boolean;
  readonly dryRun?: boolean;
}

/** Why there is nothing to purge of a store. */
type Nothing = 'in memory';

/** What was purged of one store. */
interface Outcome {
  readonly store: string;
  readonly purged: readonly Purged[] | Nothing;
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
  const stopping = stopOnSignal();
  for (const { name, retention } of registeredStores) {
    const binding = context.settings.stores.find(({ store }) => store === name);
    if (!binding || !retention) continue;
    const open = await retention();
    const work = dryRun
      ? countExpired
      : (opened: Retention) => purgeWithProgress(name, opened, stopping);
    const purged = await withDatabase(context, binding, (database) =>
      work(open(context.settings, database)),
    );
    outcomes.push({ store: name, purged });
  }
  return {
    text: [
      ...outcomes.flatMap((outcome) => linesOf(outcome, dryRun)),
      ...(stopping.aborted ? ['stopped before all was done; run it again for the rest'] : []),
      '',
    ].join('\n'),
    exitCode: stopping.aborted ? EXIT.failed : EXIT.ok,
    document: {
      dry_run: dryRun,
      ...(stopping.aborted && { stopped: true }),
      stores: Object.fromEntries(outcomes.map(({ store, purged }) => [store, documentOf(purged)])),
    },
  };
}

async function withDatabase<T>(
  { settings, log }: CommandContext,
  binding: StoreBinding,
  work: (database: SqlDatabase) => Promise<T>,
): Promise<T | Nothing> {
  const database = settings.databases.find(({ name }) => name === binding.database);
  if (!database) return 'in memory';
  await verifyMigrated(settings, database);
  const { openDatabase } = await import('@holdfast/postgres/database/open-database');
  const { sql, close } = await openDatabase(database, settings, log);
  try {
    return await work(sql);
  } catch (error) {
    const code = error instanceof ReasonError ? undefined : requestFault(error);
    throw code ? new ReasonError(code, { cause: error }) : error;
  } finally {
    await close();
  }
}

async function purgeWithProgress(store: string, retention: Retention, stopping: AbortSignal) {
  let told = Date.now();
  return purgeExpired(
    retention,
    ({ rule, records }) => {
      if (Date.now() - told < PROGRESS_MS) return;
      told = Date.now();
      process.stderr.write(`${store} ${rule.name}: ${records} deleted so far\n`);
    },
    stopping,
  );
}

function linesOf({ store, purged }: Outcome, dryRun: boolean): readonly string[] {
  if (typeof purged === 'string') return [`${store}: ${purged}, nothing to purge`];
  const done = dryRun ? 'would be deleted' : 'deleted';
  return purged.map(({ rule, records }) =>
    rule.before === null
      ? `${store} ${rule.name}: kept for good (${rule.variable} is 0)`
      : `${store} ${rule.name}: ${records} ${done}, from before ${rule.before}`,
  );
}

function documentOf(purged: Outcome['purged']): object | null {
  if (typeof purged === 'string') return null;
  return Object.fromEntries(
    purged.map(({ rule, records }) => [rule.name, { before: rule.before, records }]),
  );
}
