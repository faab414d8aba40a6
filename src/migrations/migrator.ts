import { hostname } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSettings } from '../config/databases.js';
import type { Settings } from '../config/settings.js';
import { ReasonError } from '../reasons.js';
import { release, root } from '../release.js';
import type { StoreBinding } from '../stores/store.js';
import type { DatabaseSession, LedgerEntry, MigratorIdentity } from '../database/session.js';
import { idOf, type Migration, readMigrations } from './migration.js';
import { compareMigrations, type StoreMigrations } from './status.js';

/** A store in a database, with the migrations that this build has for it. */
export interface MigratedStore extends StoreBinding {
  readonly migrations: readonly Migration[];
}

/** One migration that `up` has applied. */
export interface AppliedMigration {
  readonly store: string;
  readonly id: string;
  readonly durationMs: number;
}

/**
 * The build's migrations of every store, by the dialect of its backend; none for `IN_MEMORY`.
 * @throws MIGRATION_OUT_OF_ORDER
 */
export function migratedStores(
  stores: readonly StoreBinding[],
  folder: string = join(root, 'migrations'),
): readonly MigratedStore[] {
  return stores.map((binding) => ({
    ...binding,
    migrations:
      binding.backend === 'IN_MEMORY'
        ? []
        : readMigrations(
            folder,
            binding.store,
            binding.backend === 'SQLITE' ? 'sqlite' : 'postgres',
          ),
  }));
}

export function storesIn(
  stores: readonly MigratedStore[],
  database: DatabaseSettings,
): readonly MigratedStore[] {
  return stores.filter((store) => store.database === database.name);
}

/** Each store's status, given the ledger of the database that holds it. */
export function statusesOf(
  stores: readonly MigratedStore[],
  ledger: readonly LedgerEntry[],
): Readonly<Record<string, StoreMigrations>> {
  return Object.fromEntries(
    stores.map(({ store, backend, migrations }) => [
      store,
      compareMigrations(
        backend,
        migrations,
        ledger.filter((entry) => entry.store === store),
      ),
    ]),
  );
}

/**
 * Applies what is pending in one database, store by store, one migrator at a time.
 * @throws MIGRATION_LOCK_TIMEOUT, and what `refuseUnsafe` and `applyOne` throw
 */
export async function migrateUp(
  session: DatabaseSession,
  stores: readonly MigratedStore[],
  settings: Pick<Settings, 'migrationLockTimeoutSeconds'>,
  onApplied: (applied: AppliedMigration) => void = () => undefined,
): Promise<readonly AppliedMigration[]> {
  const applied: AppliedMigration[] = [];
  const { ledger, prepared } = await session.inspect();
  const before = statusesOf(stores, ledger);
  for (const store of stores) {
    if (refuseUnsafe(store.store, before[store.store]).pending.length === 0) continue;
    const unlock = await session.lock(store.store, settings.migrationLockTimeoutSeconds);
    try {
      await session.prepareLedger();
      const now = statusesOf([store], (await session.inspect()).ledger)[store.store];
      const { pending } = refuseUnsafe(store.store, now);
      for (const migration of store.migrations.filter((each) => pending.includes(idOf(each)))) {
        const one = await applyOne(session, migration);
        if (!one) continue;
        applied.push(one);
        onApplied(one);
      }
    } finally {
      await unlock();
    }
  }
  // A database whose stores have no migrations still needs what the write check writes to.
  if (!prepared && applied.length === 0) await session.prepareLedger();
  return applied;
}

/**
 * @throws MIGRATION_CHECKSUM_MISMATCH, SCHEMA_NEWER_THAN_BUILD, MIGRATION_OUT_OF_ORDER
 */
export function refuseUnsafe(store: string, status: StoreMigrations | undefined): StoreMigrations {
  if (!status) throw new TypeError(`no migration status for ${store}`);
  const drifted = status.drifted[0];
  if (drifted !== undefined) {
    throw new ReasonError(`MIGRATION_CHECKSUM_MISMATCH:${store}:${drifted.slice(0, 4)}`, {
      detail: `${store} ${drifted} was applied with another text than this build's`,
    });
  }
  if (status.ahead.length > 0) {
    throw new ReasonError('SCHEMA_NEWER_THAN_BUILD', {
      detail: `${store} has ${status.ahead.join(', ')}, which this build does not know`,
    });
  }
  const late = status.pending.find((id) => status.current !== null && id < status.current);
  if (late !== undefined) {
    throw new ReasonError(`MIGRATION_OUT_OF_ORDER:${store}:${late.slice(0, 4)}`, {
      detail: `${store} ${late} comes before ${status.current}, which is already applied`,
    });
  }
  return status;
}

async function applyOne(
  session: DatabaseSession,
  migration: Migration,
): Promise<AppliedMigration | null> {
  const { store, version } = migration;
  try {
    const durationMs = await session.apply(migration, migratorIdentity());
    return durationMs === null ? null : { store, id: idOf(migration), durationMs };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new ReasonError(`MIGRATION_FAILED:${store}:${version}`, {
      detail: `${store} ${idOf(migration)}: ${message}`,
      cause: error,
    });
  }
}

/** This process, for the ledger. */
export function migratorIdentity(): MigratorIdentity {
  return { appliedBy: `${hostname()} pid ${process.pid}`, build: release.version };
}
