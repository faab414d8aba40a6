import type { Dsn } from './dsn.js';
import type { PostgresAccess } from './postgres-access.js';

export interface PostgresSettings extends PostgresAccess {
  /** `primary` for the first database, else the name of the first store it holds. */
  readonly name: string;
  readonly type: 'postgresql';
  readonly stores: readonly string[];
  /** Another way to the same database, for migrating it. */
  readonly migrationDsn?: Dsn;
  /** Standbys of it that may be read from; absent when there are none. */
  readonly replicas?: readonly PostgresSettings[];
  /** One schema in which tables are looked for first; absent for the search_path of the role. */
  readonly searchPath?: string;
}

export interface SqliteSettings {
  readonly name: string;
  readonly type: 'sqlite';
  readonly stores: readonly string[];
  readonly path: string;
  /** Opened as it is, and never written to. */
  readonly readOnly?: true;
}

/** One distinct database and the stores it holds. */
export type DatabaseSettings = PostgresSettings | SqliteSettings;

/** What was left out of a connection string. */
export interface IgnoredParameter {
  readonly variable: string;
  readonly message: string;
}
