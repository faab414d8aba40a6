import { hostname } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSettings, PostgresSettings } from '@holdfast/guard/databases';
import { withLockTimeout } from '@holdfast/guard/lock-timeout';
import { openSession } from '@holdfast/postgres/sessions/open-session';
import { ReasonError } from './reasons.js';
import type { StoreBinding } from '@holdfast/guard/store-declaration';
import type { DatabaseNeeds } from '@holdfast/postgres/verification/needs';
import {
  destroySession,
  type DatabaseSession,
  type Inspection,
  type LedgerEntry,
} from '@holdfast/postgres/sessions/session';
import { type Dialect, idOf, type Migration, readMigrations } from './migration.js';
import { openMigrationSession } from './open-migration-session.js';
import {
  type MigrationReporter,
  type MigrationSettings,
  type MigratorIdentity,
  type PinSettings,
  markMigratorErrors,
} from './migration-session.js';
import { readRecordedStatements, type RecordedStatements } from './recorded-statements.js';
import type { Release } from '@holdfast/core/release';
import { compareMigrations, type StoreMigrations } from './status.js';
import { withResource } from '@holdfast/core/with-resource';

/** A store in a database, with the migrations that this build has for it. */
export interface MigratedStore extends StoreBinding {
  readonly migrations: readonly Migration[];
  /** By table, what the statements of this build do with it. */
  readonly needs: DatabaseNeeds;
  /** Reads what this build has recorded that it sends; undefined where it has recorded nothing. */
  readonly recorded: () => RecordedStatements | undefined;
}

/** What is told while migrating. */
export interface MigratorReporter extends MigrationReporter {
  readonly applied: (applied: AppliedMigration) => void;
}

/** One migration that `up` has applied. */
export interface AppliedMigration {
  readonly store: string;
  readonly id: string;
  readonly durationMs: number;
}

/**
 * The build's migrations of every store, by the dialect of its backend; none for `IN_MEMORY`.
 * @param needs by store; of one that is not in it, nothing is compared
 * @throws MIGRATIONS_MISSING, and what `readMigrations` throws
 */
export function withMigrations(
  stores: readonly StoreBinding[],
  folder: string,
  needs: Readonly<Record<string, DatabaseNeeds>> = {},
): readonly MigratedStore[] {
  return stores.map((binding) => ({
    ...binding,
    needs: needs[binding.store] ?? {},
    recorded: recordedOnce(folder, binding.store),
    migrations:
      binding.backend === 'IN_MEMORY'
        ? []
        : migrationsFor(
            folder,
            binding.store,
            binding.backend === 'SQLITE' ? 'sqlite' : 'postgres',
          ),
  }));
}

/** Read when it is first asked for: a start does not. */
function recordedOnce(folder: string, store: string): MigratedStore['recorded'] {
  let known: { readonly statements: RecordedStatements | undefined } | undefined;
  return () => (known ??= { statements: readRecordedStatements(folder, store) }).statements;
}

/** A store without migrations would be at head in any database. */
function migrationsFor(folder: string, store: string, dialect: Dialect): readonly Migration[] {
  const migrations = readMigrations(folder, store, dialect);
  if (migrations.length > 0) return migrations;
  throw new ReasonError('MIGRATIONS_MISSING', {
    detail: `${join(folder, store, dialect)} holds no migrations`,
  });
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
 * Applies what is pending in one database, store by store, one migrator at a time. Under PRODUCTION, where who
 * migrates has a role of its own (`MIGRATION_DATABASE_URL`), that pins the identity: the service's may not.
 * @param identity who is written into the ledger
 * @throws MIGRATION_LOCK_TIMEOUT, what `refuseUnsafe` and `MigrationSession.apply` throw, or the driver's
 */
export async function migrateUp(
  database: DatabaseSettings,
  stores: readonly MigratedStore[],
  given: MigrationSettings & PinSettings,
  identity: MigratorIdentity,
  reporter: MigratorReporter,
): Promise<readonly AppliedMigration[]> {
  const settings = withLockTimeout(given);
  const opening = openSession(database, settings.pool, 'verify');
  return withResource(opening, destroySession, async (session) => {
    const inspection = await session.inspect(true);
    const applied = await applyPending(session, inspection, database, stores, settings, {
      identity,
      reporter,
    });
    const isOther = database.type === 'postgresql' && database.migrationDsn !== undefined;
    if (isOther && given.profile === 'PRODUCTION' && !isPinned(inspection, given)) {
      const { pinAsMigrator } = await import('./postgres/run/pin-identity.js');
      await markMigratorErrors(pinAsMigrator(database, settings, given.environment, identity));
    }
    return applied;
  });
}

async function applyPending(
  session: DatabaseSession,
  { ledger, prepared, identity, tellsBuilds }: Inspection,
  database: DatabaseSettings,
  stores: readonly MigratedStore[],
  settings: MigrationSettings,
  by: { readonly identity: MigratorIdentity; readonly reporter: MigratorReporter },
): Promise<readonly AppliedMigration[]> {
  const statuses = statusesOf(stores, ledger);
  const behind = stores.filter(
    ({ store }) => refuseUnsafe(store, statuses[store]).pending.length > 0,
  );
  // A database whose stores have no migrations still needs what the write check writes to.
  const isComplete =
    prepared && (database.type === 'sqlite' || (identity !== undefined && tellsBuilds));
  if (behind.length === 0 && isComplete && !(await isHistoryOpen(session))) return [];
  if (database.type === 'postgresql' && database.migrationDsn)
    await markMigratorErrors(refuseOtherDatabase(database, settings));
  return migrate(session, database, behind, settings, by.identity, by.reporter);
}

function isPinned({ identity }: Inspection, { environment }: PinSettings): boolean {
  return identity?.pinned != null && (identity.pinned.environment !== null || environment === null);
}

/** Whether the service's role may write what only who migrates is to write. */
async function isHistoryOpen(session: DatabaseSession): Promise<boolean> {
  return (await session.excessRights({})).history.length > 0;
}

async function migrate(
  session: DatabaseSession,
  database: DatabaseSettings,
  stores: readonly MigratedStore[],
  settings: MigrationSettings,
  identity: MigratorIdentity,
  reporter: MigratorReporter,
): Promise<readonly AppliedMigration[]> {
  const opening = markMigratorErrors(openMigrationSession(database, settings, reporter));
  // Whatever lock is still held goes with the connection.
  return withResource(opening, destroySession, async (migrating) => {
    const { ledger, prepared } = await session.inspect();
    // All of it is judged before anything is written, the ledger included.
    for (const store of stores) await migrating.check(pendingOf(store, ledger));
    // What an older build has left out is no reason to fail for a role that may not make it.
    if (stores.length === 0) {
      const preparing = migrating.prepareLedger();
      await (prepared ? preparing.catch(() => undefined) : preparing);
    }
    const applied: AppliedMigration[] = [];
    for (const store of stores) {
      const unlock = await migrating.lock(store.store);
      await migrating.prepareLedger();
      const pending = pendingOf(store, (await session.inspect()).ledger);
      await migrating.check(pending);
      await migrating.apply(pending, identity, (migration, durationMs) => {
        const one = { store: store.store, id: idOf(migration), durationMs };
        applied.push(one);
        reporter.applied(one);
      });
      await unlock();
    }
    return applied;
  });
}

/** @throws what `refuseUnsafe` throws */
function pendingOf(store: MigratedStore, ledger: readonly LedgerEntry[]): readonly Migration[] {
  const { pending } = refuseUnsafe(store.store, statusesOf([store], ledger)[store.store]);
  const ids = new Set(pending);
  return store.migrations.filter((migration) => ids.has(idOf(migration)));
}

/** For whoever works with the stores as they are. @throws MIGRATIONS_PENDING, and as `refuseUnsafe` */
export function refuseUnmigrated(
  stores: readonly MigratedStore[],
  ledger: readonly LedgerEntry[],
): void {
  for (const [store, status] of Object.entries(statusesOf(stores, ledger))) {
    const { pending } = refuseUnsafe(store, status);
    if (pending.length === 0) continue;
    throw new ReasonError('MIGRATIONS_PENDING', { detail: `${store} lacks ${pending.join(', ')}` });
  }
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
  if (status.ahead.length > 0 && !status.backward_compatible) {
    throw new ReasonError('SCHEMA_NEWER_THAN_BUILD', {
      detail: `${store} has ${status.ahead.join(', ')}, which this build does not know and which are not marked backward-compatible`,
    });
  }
  const late = status.out_of_order?.[0];
  if (late !== undefined) {
    throw new ReasonError(`MIGRATION_OUT_OF_ORDER:${store}:${late.slice(0, 4)}`, {
      detail: `${store} ${late} comes before ${status.current ?? 'one'}, which is already applied`,
    });
  }
  return status;
}

/** Loaded only where there is another way to the database. @throws MIGRATION_DATABASE_DIFFERS */
async function refuseOtherDatabase(
  database: PostgresSettings,
  settings: MigrationSettings,
): Promise<void> {
  const { refuseDifferentDatabase } = await import('./postgres/run/same-database.js');
  await refuseDifferentDatabase(database, settings.pool);
}

/** This process, for the ledger. */
export function migratorIdentity({ version }: Pick<Release, 'version'>): MigratorIdentity {
  return { appliedBy: `${hostname()} pid ${process.pid}`, build: version };
}
