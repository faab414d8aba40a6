import { idOf, type Migration } from '../migrations/migration.js';
import { refuseUnsafe } from '../migrations/migrator.js';
import type { CommandContext, Report } from './command.js';
import { chosenStores, type MigrateFlags, readStatuses } from './migrate-databases.js';

/** `holdfast migrate plan` */
export async function plan(context: CommandContext, flags: MigrateFlags): Promise<Report> {
  const stores = chosenStores(context, flags);
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
