import type { DatabaseNeeds } from '@holdfast/postgres/verification/needs';
import type { MigratedStore } from '@holdfast/migrate/migrator';

/** Tables that are not a store's; the first start pins the identity, if the role may. */
const OWN: DatabaseNeeds = {
  holdfast_migrations: { rights: ['SELECT'], columns: {} },
  holdfast_write_probe: { rights: ['INSERT'], columns: {} },
  holdfast_identity: { rights: [], columns: {} },
};

/** What this build needs of a database that holds these stores. */
export function needsOf(stores: readonly Pick<MigratedStore, 'needs'>[]): DatabaseNeeds {
  return Object.assign({}, OWN, ...stores.map(({ needs }) => needs)) as DatabaseNeeds;
}

/** Whether it is a table of the store, or one that every store needs. */
export function isOf({ needs }: Pick<MigratedStore, 'needs'>, table: string): boolean {
  return Object.hasOwn(needs, table) || Object.hasOwn(OWN, table);
}
