import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { SqliteSettings } from '@holdfast/guard/databases';
import { SqliteFile } from '@holdfast/postgres/sqlite/sqlite-file';
import { isIntactSqlite, prepareSqlite } from '@holdfast/postgres/sqlite/sqlite-session';
import { migrationFailure } from '../migration-failure.js';
import type { Migration } from '../migration.js';
import type {
  ApplyListener,
  MigrationSession,
  MigrationSettings,
  MigratorIdentity,
} from '../migration-session.js';
import {
  BUSY_TIMEOUT_MS,
  inExclusiveTransaction,
  retryWhileBusy,
  runMigration,
} from './exclusive-transaction.js';
import { refuseEmpty } from './refuse-empty.js';

const LEDGER = `
CREATE TABLE IF NOT EXISTS holdfast_migrations (
  store TEXT NOT NULL,
  version TEXT NOT NULL,
  name TEXT NOT NULL,
  checksum TEXT NOT NULL,
  applied_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  duration_ms REAL NOT NULL,
  applied_by TEXT NOT NULL,
  build TEXT NOT NULL,
  backward_compatible INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (store, version)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS holdfast_write_probe (
  written_at TEXT NOT NULL
);`;

const ENTER = `INSERT INTO holdfast_migrations
    (store, version, name, checksum, duration_ms, applied_by, build, backward_compatible)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;

/** SQLite has one writer: its own write lock keeps migrators apart, migration by migration. */
export class SqliteMigrationSession implements MigrationSession {
  readonly #file: SqliteFile;

  private constructor(
    private readonly connection: Sqlite.Database,
    private readonly timeoutSeconds: number,
    file: SqliteFile,
  ) {
    this.#file = file;
  }

  static async open(
    { path }: SqliteSettings,
    { migrationLockTimeoutSeconds }: MigrationSettings,
  ): Promise<SqliteMigrationSession> {
    mkdirSync(dirname(path), { recursive: true });
    const connection = new Sqlite(path, { timeout: BUSY_TIMEOUT_MS });
    try {
      await retryWhileBusy(migrationLockTimeoutSeconds, () => {
        prepareSqlite(connection, BUSY_TIMEOUT_MS);
        connection.prepare('SELECT 1 FROM sqlite_schema').get();
      });
      return new SqliteMigrationSession(
        connection,
        migrationLockTimeoutSeconds,
        new SqliteFile(path, () => isIntactSqlite(path)),
      );
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  async prepareLedger(): Promise<void> {
    await this.#inExclusiveTransaction(() => {
      this.connection.exec(LEDGER);
      const columns = this.connection.pragma('table_info(holdfast_migrations)') as {
        readonly name: string;
      }[];
      if (columns.some(({ name }) => name === 'backward_compatible')) return;
      this.connection.exec(
        'ALTER TABLE holdfast_migrations ADD COLUMN backward_compatible INTEGER NOT NULL DEFAULT 0',
      );
    });
  }

  /** Each migration takes SQLite's own lock, and looks again into the ledger when it has it. */
  lock(): Promise<() => Promise<void>> {
    return Promise.resolve(() => Promise.resolve());
  }

  /** Whether there is something to run. SQLite itself judges it when it runs it, in the transaction. */
  async check(migrations: readonly Migration[]): Promise<void> {
    await Promise.resolve();
    migrations.forEach(refuseEmpty);
  }

  /**
   * Foreign keys are not enforced meanwhile but checked at the end, so that a table can be rebuilt:
   * https://www.sqlite.org/lang_altertable.html#otheralter
   */
  async apply(
    migrations: readonly Migration[],
    identity: MigratorIdentity,
    applied: ApplyListener,
  ): Promise<void> {
    this.connection.pragma('foreign_keys = OFF');
    try {
      for (const migration of migrations) {
        const durationMs = await this.#applyOne(migration, identity).catch((error: unknown) => {
          throw migrationFailure(migration, error);
        });
        if (durationMs !== null) applied(migration, durationMs);
      }
    } finally {
      this.connection.pragma('foreign_keys = ON');
    }
  }

  /** @returns milliseconds, or null when another migrator was faster */
  #applyOne(migration: Migration, identity: MigratorIdentity): Promise<number | null> {
    const { store, version, sql } = migration;
    return this.#inExclusiveTransaction(() => {
      const started = performance.now();
      const known = this.connection
        .prepare('SELECT 1 FROM holdfast_migrations WHERE store = ? AND version = ?')
        .get(store, version);
      if (known) return null;
      runMigration(this.connection, sql);
      this.#checkForeignKeys();
      const duration = performance.now() - started;
      this.#enter(migration, identity, duration);
      return duration;
    });
  }

  adopt(migrations: readonly Migration[], identity: MigratorIdentity): Promise<boolean> {
    return this.#inExclusiveTransaction(() => {
      const known = this.connection
        .prepare('SELECT 1 FROM holdfast_migrations WHERE store = ?')
        .get(migrations[0]?.store);
      if (known) return false;
      for (const migration of migrations) this.#enter(migration, identity, 0);
      return true;
    });
  }

  destroy(): void {
    if (!this.#file.isCorrupt) this.connection.close();
  }

  async #inExclusiveTransaction<T>(work: () => T): Promise<T> {
    this.#file.assertInPlace();
    const done = await inExclusiveTransaction(this.connection, this.timeoutSeconds, work);
    this.#file.assertInPlace();
    return done;
  }

  #enter(migration: Migration, { appliedBy, build }: MigratorIdentity, durationMs: number): void {
    const { store, version, name, checksum, backwardCompatible } = migration;
    this.connection
      .prepare(ENTER)
      .run(
        store,
        version,
        name,
        checksum,
        durationMs,
        appliedBy,
        build,
        backwardCompatible ? 1 : 0,
      );
  }

  #checkForeignKeys(): void {
    const [broken] = this.connection.pragma('foreign_key_check') as {
      readonly table: string;
      readonly parent: string;
    }[];
    if (broken)
      throw new Error(`rows of ${broken.table} refer to rows of ${broken.parent} that are missing`);
  }
}
