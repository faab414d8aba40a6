import type { ServiceDeclaration } from '@holdfast/guard/service-declaration';
import type { StoreBinding } from '@holdfast/guard/store-declaration';
import type { NamedRelease } from '@holdfast/core/release';
import type { DatabaseNeeds } from '@holdfast/postgres/verification/needs';
import { type MigratedStore, withMigrations } from './migrator.js';

/** What a service says of itself: its start and its migrator are given the same. */
export interface Service extends ServiceDeclaration {
  /** Told by `GET /version`, and written into the migration ledger. */
  readonly release: NamedRelease;
  /** Folder with `<store>/<postgres|sqlite>/NNNN_<verb_noun>.sql`; relative to the working directory. */
  readonly migrations: string;
  /** By store, what its statements need of its tables; of one that is not in it, nothing is compared. */
  readonly needs?: Readonly<Record<string, DatabaseNeeds>>;
}

/** The stores that are turned on, with their migrations. @throws MIGRATIONS_MISSING */
export function migratedStoresOf(
  { migrations, needs }: Service,
  bound: readonly StoreBinding[],
): readonly MigratedStore[] {
  return withMigrations(bound, migrations, needs);
}
