import { type MigratedStore, storesIn } from '@holdfast/migrate/migrator';
import { resetStores } from '@holdfast/migrate/reset-stores';
import type { ResetMode } from '@holdfast/migrate/reset';
import { ReasonError } from '../reasons.js';
import type { CommandContext } from '@holdfast/postgres/command/run-guarded';
import type { Report } from '@holdfast/guard/command/report';
import { chosenStores, type MigrateFlags, withDriverFailure } from './migrate-databases.js';
import { writeStderrLine } from '@holdfast/postgres/command/report-waits';
import { upWith } from './migrate-up.js';

interface Flags extends MigrateFlags {
  readonly yes?: boolean;
}

/** What is dropped of one database, or would be. */
interface Dropped {
  readonly database: string;
  readonly tables: readonly string[];
}

/** `holdfast migrate reset`: drops the tables of the stores, and migrates again from nothing. */
export async function reset(context: CommandContext, flags: Flags): Promise<Report> {
  const { profile } = context.settings;
  if (profile !== 'LOCAL') {
    throw new ReasonError('USAGE', {
      detail: `migrate reset destroys data: it runs under the LOCAL profile alone, and this is ${profile}`,
    });
  }
  const stores = chosenStores(context, flags);
  // Every database is judged before anything is dropped in one of them; where there is one, dropping judges it.
  if (flags.yes !== true) {
    const planned = await inEachDatabase(context, stores, 'plan').catch(refuseUnrunnable);
    throw unconfirmed(planned);
  }
  if (context.settings.databases.length > 1) await inEachDatabase(context, stores, 'plan');
  const dropped = await inEachDatabase(context, stores, 'drop');
  const migrated = await upWith(context, stores).catch((error: unknown) => {
    // The report is about what went wrong; what is gone has to be told all the same.
    for (const each of dropped) process.stderr.write(`${lineOf(each, 'dropped')}\n`);
    throw afterDrop(error, dropped);
  });
  return {
    text: `${dropped.map((each) => `${lineOf(each, 'dropped')}\n`).join('')}${migrated.text}`,
    document: { dropped, ...migrated.document },
  };
}

/** What has kept the migrations from being applied, and that nothing is where it was. */
function afterDrop(error: unknown, dropped: readonly Dropped[]): unknown {
  const isEmptied = dropped.some(({ tables }) => tables.length > 0);
  if (!isEmptied || !(error instanceof ReasonError)) return error;
  return new ReasonError(error.code, {
    detail: `${error.message}. The tables of the stores had been dropped before that, with all their rows`,
    cause: error,
  });
}

async function inEachDatabase(
  { settings }: CommandContext,
  stores: readonly MigratedStore[],
  mode: ResetMode,
): Promise<readonly Dropped[]> {
  const all: Dropped[] = [];
  for (const database of settings.databases) {
    const own = storesIn(stores, database);
    if (own.length === 0) continue;
    const tables = await withDriverFailure(database, () =>
      resetStores(database, own, settings, mode, writeStderrLine),
    );
    all.push({ database: database.name, tables });
  }
  return all;
}

/** A migration that cannot be run is no answer to what has not been asked for: `--yes` is missing first. */
function refuseUnrunnable(error: unknown): never {
  const isUnrunnable =
    error instanceof ReasonError && /^MIGRATION_(INVALID|FAILED)(:|$)/.test(error.code);
  if (!isUnrunnable) throw error;
  throw new ReasonError('USAGE', {
    detail:
      'migrate reset destroys data, and runs with --yes alone: nothing has been changed. With it, it is refused until every migration can be run',
    errors: [{ path: error.code, message: error.message }],
    cause: error,
  });
}

function unconfirmed(planned: readonly Dropped[]): ReasonError {
  return new ReasonError('USAGE', {
    detail: 'migrate reset destroys data: nothing has been changed; give --yes to go on',
    errors: planned.map((each) => ({
      path: each.database,
      message: lineOf(each, 'would drop'),
    })),
  });
}

function lineOf({ database, tables }: Dropped, verb: string): string {
  return tables.length === 0
    ? `${database}: there is nothing to drop`
    : `${database}: ${verb} ${tables.join(', ')}`;
}
