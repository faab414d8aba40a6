import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { registeredStores } from '../../src/stores/registry.js';

/** Names of all stores, in the order in which they are migrated and reported. */
export const STORES = registeredStores.map(({ name }) => name);

/** Those that no variable has to turn on. */
export const STORES_ALWAYS_ON = registeredStores
  .filter(({ enabledBy }) => enabledBy.length === 0)
  .map(({ name }) => name);

/** The same of every store. */
export function ofEveryStore<T>(value: T): Readonly<Record<string, T>> {
  return Object.fromEntries(STORES.map((name) => [name, value]));
}

/** Migrations of the stores that are always on, in the order in which they are applied. */
export function migrationsAlwaysOn(dialect: 'postgres' | 'sqlite' = 'postgres') {
  return STORES_ALWAYS_ON.flatMap((store) =>
    readdirSync(join('migrations', store, dialect))
      .toSorted()
      .map((file) => ({ store, migration: file.replace(/\.sql$/, '') })),
  );
}

/** What the ledger has when all of them are applied, by store and version. */
export function ledgerAlwaysOn() {
  return migrationsAlwaysOn()
    .map(({ store, migration }) => ({ store, version: migration.slice(0, 4) }))
    .toSorted((one, other) => (one.store < other.store ? -1 : Number(one.store > other.store)));
}
