import type { DatabaseSettings, PostgresSettings } from '@holdfast/guard/databases';
import type { Settings } from '@holdfast/guard/settings';
import type { Migration } from './migration.js';

/** Who applied a migration, for the ledger. */
export interface MigratorIdentity {
  readonly appliedBy: string;
  readonly build: string;
}

/** Who keeps other migrators of a store out. */
export interface LockHolder {
  readonly store: string;
  readonly pid: number;
  readonly applicationName: string;
  /** Of its connection, as `pg_stat_activity` tells it; empty where it does not. */
  readonly state: string;
  /** Since it connected. */
  readonly ageSeconds: number;
  /** Its present or last statement; empty where the role may not see it. */
  readonly query: string;
}

/** In words, for every place that names a holder. */
export function describeHolder({ pid, applicationName, state, ageSeconds }: LockHolder): string {
  return `pid ${pid} (${applicationName}, ${state}), connected for ${ageSeconds.toFixed(0)} s`;
}

/** How far a migration that takes long has come. */
export interface MigrationProgress {
  readonly store: string;
  readonly id: string;
  readonly elapsedSeconds: number;
  /** Number of the statement that is under way, from 1, and how many there are. */
  readonly statement: number;
  readonly statements: number;
  /** What the database says it is doing, or whom it is waiting for. */
  readonly doing?: string;
}

/** What is told while migrating. */
export interface MigrationReporter {
  readonly progress: (progress: MigrationProgress) => void;
  /** Before a statement that is likely to be felt. */
  readonly warning: (migration: Migration, text: string) => void;
  /** Now and then, while another migrator is waited for. */
  readonly waiting: (text: string) => void;
}

/** Is told each migration that is in the ledger now, and the milliseconds that it took. */
export type ApplyListener = (migration: Migration, durationMs: number) => void;

/** For work that is not reported. */
export const silentReporter: MigrationReporter = {
  progress: () => undefined,
  warning: () => undefined,
  waiting: () => undefined,
};

/**
 * One connection of its own to one database, to migrate it. One implementation per dialect.
 */
export interface MigrationSession {
  /**
   * Creates the ledger when there is none, adds what the ledger of an older build lacks, and takes rights to
   * write it away from all but its owner.
   * @throws MIGRATION_LOCK_TIMEOUT
   */
  prepareLedger(): Promise<void>;
  /**
   * Keeps other migrators of the store out until the returned function is called.
   * @throws MIGRATION_LOCK_TIMEOUT
   */
  lock(store: string): Promise<() => Promise<void>>;
  /**
   * Judges migrations before any of them is run.
   * @throws MIGRATION_INVALID, MIGRATION_REQUIRES_SESSION
   */
  check(migrations: readonly Migration[]): Promise<void>;
  /**
   * Runs migrations of one store in their order, and enters each into the ledger: both or neither.
   * When one fails, those before it are applied and those after it are not.
   * @param applied is not told of those that another migrator has applied meanwhile
   * @throws MIGRATION_FAILED, MIGRATION_LOCK_TIMEOUT, POSTGRES_CONNECTION_ENDED when the connection is
   * lost meanwhile, and what `check` throws
   */
  apply(
    migrations: readonly Migration[],
    identity: MigratorIdentity,
    applied: ApplyListener,
  ): Promise<void>;
  /**
   * Enters migrations of one store into the ledger without running them, all or none.
   * @returns false when the ledger has some of the store's already
   */
  adopt(migrations: readonly Migration[], identity: MigratorIdentity): Promise<boolean>;
  /** Frees the connection at once, whatever it is doing. */
  destroy(): void;
}

export type MigrationSettings = Pick<Settings, 'pool' | 'migrationLockTimeoutSeconds'>;

/** What a database is pinned by, where who migrates has a role of its own. */
export type PinSettings = Pick<Settings, 'profile' | 'environment'>;

/** Errors of drivers that were had on the migrator's own way to the database. */
const migratorErrors = new WeakSet();

/** Remembers, of what fails, that it was on the migrator's own way; the error stays what it is. */
export async function markMigratorErrors<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (typeof error === 'object' && error !== null) migratorErrors.add(error);
    throw error;
  }
}

/** The database at the place where this error was had. */
export function databaseOfError<Database extends DatabaseSettings>(
  database: Database,
  error: unknown,
): Database {
  const isMigrators = typeof error === 'object' && error !== null && migratorErrors.has(error);
  return isMigrators ? asMigrationTarget(database) : database;
}

/** The database as a migrator reaches it: by `MIGRATION_DATABASE_URL` where that is set. */
export function asMigrationTarget<Database extends DatabaseSettings>(database: Database): Database {
  if (database.type === 'sqlite' || !database.migrationDsn) return database;
  const dsn = database.migrationDsn;
  const targetSessionAttrs =
    dsn.targetSessionAttrs ?? (dsn.hosts.length > 1 ? 'read-write' : 'any');
  const direct: PostgresSettings = { ...database, dsn, targetSessionAttrs };
  return direct as Database;
}
