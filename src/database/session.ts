/** One row of `holdfast_migrations`. */
export interface LedgerEntry {
  readonly store: string;
  readonly version: string;
  readonly name: string;
  readonly checksum: string;
  /** Whether older builds can go on with the schema that it made. */
  readonly backwardCompatible: boolean;
}

/** What one question to a database tells. */
export interface Inspection {
  readonly readOnly: boolean;
  /** Whether the ledger is there; `migrate up` makes it. */
  readonly prepared: boolean;
  /** Empty when no migration has been applied. */
  readonly ledger: readonly LedgerEntry[];
}

/**
 * One connection of its own to one database, outside the pool: for verification and probes. One
 * implementation per dialect.
 */
export interface DatabaseSession {
  inspect(): Promise<Inspection>;
  /** Writes a row and rolls it back. */
  probeWrite(): Promise<void>;
  /** Frees the connection at once, whatever it is doing. */
  destroy(): void;
}
