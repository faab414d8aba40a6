import type { Settings } from '@holdfast/guard/settings';
import { idOf } from '@holdfast/migrate/migration';
import { asMigrationTarget } from '@holdfast/migrate/migration-session';
import type { MigratedStore } from '@holdfast/migrate/migrator';
import { describeDifference, type Difference } from '@holdfast/migrate/schema/compare-schemas';
import { findDrift } from '@holdfast/migrate/schema/drift';
import type { StoreMigrations } from '@holdfast/migrate/status';
import { withDriverFailure } from './migrate-databases.js';

/** By store; null where there is nothing to compare with: in memory, or ahead of this build. */
export type Drifts = Readonly<Record<string, readonly Difference[] | null>>;

/**
 * Compares each store's live tables with what its applied migrations make.
 * @throws MIGRATION_DRIFT_NOT_COMPARABLE, or the start-up code of what the driver says
 */
export async function readDrifts(
  { databases, pool }: Pick<Settings, 'databases' | 'pool'>,
  stores: readonly MigratedStore[],
  statuses: Readonly<Record<string, StoreMigrations>>,
): Promise<Drifts> {
  const drifts: Record<string, readonly Difference[] | null> = {};
  for (const { store, database: name, migrations } of stores) {
    const database = databases.find((each) => each.name === name);
    const status = statuses[store];
    drifts[store] = null;
    if (!database || !status || status.ahead.length > 0) continue;
    const applied = migrations.filter((migration) => !status.pending.includes(idOf(migration)));
    drifts[store] = await withDriverFailure(asMigrationTarget(database), () =>
      findDrift(database, pool, applied),
    );
  }
  return drifts;
}

/** What `status` says under a store. */
export function driftLines(
  { backend, ahead }: StoreMigrations,
  drift: readonly Difference[] | null,
): readonly string[] {
  if (drift) return drift.map((difference) => `  differs  ${describeDifference(difference)}`);
  if (backend === 'IN_MEMORY') return [];
  return [`  drift    not compared: this build does not know ${ahead.join(', ')}`];
}
