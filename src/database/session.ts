import type { Migration } from '../migrations/migration.js';

/** One row of `holdfast_migrations`. */
export interface LedgerEntry {
  readonly store: string;
  readonly version: string;
  readonly name: string;
  readonly checksum: string;
}

/** What one question to a database tells. */
export interface Inspection {
  readonly readOnly: boolean;
  /** Whether the ledger is there; `migrate up` makes it. */
  readonly prepared: boolean;
  /** Empty when no migration has been applied. */
  readonly ledger: readonly LedgerEntry[];
}

/** Who applied a migration, for the ledger. */
export interface MigratorIdentity {
  readonly appliedBy: string;
  readonly build: string;
}

/**
 * One connection of its own to one database, outside the pool: for verification, probes and
 * migrations. One implementation per dialect.
 */
export interface DatabaseSession {
  inspect(): Promise<Inspection>;
  /** Writes a row and rolls it back. */
  probeWrite(): Promise<void>;
  /** Creates the ledger when there is none. */
  prepareLedger(): Promise<void>;
  /**
   * Keeps other migrators of the store out until the returned function is called.
   * @throws MIGRATION_LOCK_TIMEOUT
   */
  lock(store: string, timeoutSeconds: number): Promise<() => Promise<void>>;
  /**
   * Runs the migration and enters it into the ledger, both or neither.
   * @returns milliseconds it took, or null when another migrator was faster
   */
  apply(migration: Migration, identity: MigratorIdentity): Promise<number | null>;
  /**
   * Enters migrations into the ledger without running them, with a duration of 0 ms; makes the
   * ledger when there is none. All in one transaction.
   */
  adopt(migrations: readonly Migration[], identity: MigratorIdentity): Promise<void>;
  close(): Promise<void>;
  /** Frees the connection at once, whatever it is doing. */
  destroy(): void;
}
