import type { StoreBinding } from '@holdfast/guard/store-declaration';
import type { MigratedStore } from '@holdfast/migrate/migrator';
import { type Service, migratedStoresOf } from '@holdfast/migrate/service';
import { backupVariables } from './backup/backup.variables.js';
import { proofVariables } from './proof/proof.variables.js';
import { migrationsFolder, release } from './release.js';
import { registeredStores } from './stores/registry.js';
import { keptAnswersVariables } from './stores/kept-answers.variables.js';

/** What this build is, for its start, its commands and its tests. */
export const service = {
  stores: registeredStores,
  variables: { ...keptAnswersVariables, ...proofVariables, ...backupVariables },
  release,
  title: 'Holdfast',
  migrations: migrationsFolder,
  needs: Object.fromEntries(registeredStores.map(({ name, needs }) => [name, needs])),
} satisfies Service;

/**
 * The stores with what this build has for them: migrations, and what its statements need.
 * @throws MIGRATIONS_MISSING
 */
export function migratedStores(stores: readonly StoreBinding[]): readonly MigratedStore[] {
  return migratedStoresOf(service, stores);
}
