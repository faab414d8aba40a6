import {
  describeHolder,
  asMigrationTarget,
  type LockHolder,
} from '@holdfast/migrate/migration-session';
import { storesIn } from '@holdfast/migrate/migrator';
import { ReasonError } from '../reasons.js';
import type { CommandContext } from '@holdfast/postgres/command/run-guarded';
import type { Report } from '@holdfast/guard/command/report';
import { chosenStores, type MigrateFlags, withDriverFailure } from './migrate-databases.js';

interface Flags extends MigrateFlags {
  readonly pid: string;
}

/** `holdfast migrate unlock --pid N`: ends that backend, if it holds a migration lock. */
export async function unlock(context: CommandContext, flags: Flags): Promise<Report> {
  const pid = Number(flags.pid);
  if (!/^[1-9]\d{0,9}$/.test(flags.pid)) {
    throw new ReasonError('USAGE', { detail: `--pid ${flags.pid} is no process number` });
  }
  const { settings } = context;
  const stores = chosenStores(context, flags);
  for (const database of settings.databases) {
    const names = storesIn(stores, database).map(({ store }) => store);
    if (database.type === 'sqlite' || names.length === 0) continue;
    const { endHolder } = await import('@holdfast/migrate/postgres/run/migration-activity');
    const ended = await withDriverFailure(asMigrationTarget(database), () =>
      endHolder(asMigrationTarget(database), settings, names, pid, (holder) => {
        process.stderr.write(`${describe(holder)}\n`);
      }),
    );
    if (ended) {
      return {
        text: `pid ${pid} has been ended; the ${ended.store} store can be migrated again.\n`,
        document: { ended: { store: ended.store, pid, application_name: ended.applicationName } },
      };
    }
  }
  throw new ReasonError('MIGRATION_LOCK_NOT_HELD', {
    detail: `pid ${pid} holds no migration lock of ${stores.map(({ store }) => store).join(', ')}`,
  });
}

function describe(holder: LockHolder): string {
  const did = holder.query === '' ? '' : `, its last statement: ${holder.query}`;
  return `${holder.store}: ${describeHolder(holder)}${did}`;
}
