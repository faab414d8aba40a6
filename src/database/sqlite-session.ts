import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { SqliteSettings } from '../config/databases.js';
import type { Settings } from '../config/settings.js';
import type { Migration } from '../migrations/migration.js';
import type { DatabaseSession, Inspection, LedgerEntry, MigratorIdentity } from './session.js';

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
  PRIMARY KEY (store, version)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS holdfast_write_probe (
  written_at TEXT NOT NULL
);`;

/** The settings of every connection to the file, from any room. */
export function prepareSqlite(connection: Sqlite.Database, busyTimeoutMs: number): void {
  connection.pragma(`busy_timeout = ${busyTimeoutMs}`);
  connection.pragma('journal_mode = WAL');
  connection.pragma('synchronous = FULL');
  connection.pragma('foreign_keys = ON');
}

/** SQLite has one writer: its own write lock keeps migrators apart, migration by migration. */
export class SqliteSession implements DatabaseSession {
  private readonly inode: number;

  private constructor(private readonly connection: Sqlite.Database) {
    this.inode = statSync(connection.name).ino;
  }

  /** @param create whether to make what is missing; otherwise the file is left as it is */
  static open(
    { path }: SqliteSettings,
    { lockTimeoutMs }: Settings['pool'],
    create: boolean,
  ): SqliteSession {
    if (create) mkdirSync(dirname(path), { recursive: true });
    const connection = new Sqlite(path, { timeout: lockTimeoutMs, fileMustExist: !create });
    try {
      if (create) prepareSqlite(connection, lockTimeoutMs);
    } catch (error) {
      connection.close();
      throw error;
    }
    return new SqliteSession(connection);
  }

  async inspect(): Promise<Inspection> {
    await Promise.resolve();
    // A file that was moved away or replaced would go on taking writes that nobody finds again.
    if (statSync(this.connection.name, { throwIfNoEntry: false })?.ino !== this.inode) {
      throw new Error('the file is not the one that was opened');
    }
    const known = this.connection
      .prepare(`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'holdfast_migrations'`)
      .get();
    const ledger = known
      ? this.connection
          .prepare<[], LedgerEntry>(
            'SELECT store, version, name, checksum FROM holdfast_migrations',
          )
          .all()
      : [];
    return { readOnly: this.connection.readonly, prepared: known !== undefined, ledger };
  }

  async probeWrite(): Promise<void> {
    await Promise.resolve();
    this.connection.exec('BEGIN IMMEDIATE');
    try {
      this.connection.exec(`INSERT INTO holdfast_write_probe VALUES (datetime('now'))`);
    } finally {
      this.connection.exec('ROLLBACK');
    }
  }

  async prepareLedger(): Promise<void> {
    await Promise.resolve();
    this.connection.exec(LEDGER);
  }

  async lock(): Promise<() => Promise<void>> {
    return Promise.resolve(() => Promise.resolve());
  }

  async apply(migration: Migration, identity: MigratorIdentity): Promise<number | null> {
    await Promise.resolve();
    const started = performance.now();
    this.connection.exec('BEGIN IMMEDIATE');
    try {
      const { store, version, name, checksum } = migration;
      const applied = this.connection
        .prepare('SELECT 1 FROM holdfast_migrations WHERE store = ? AND version = ?')
        .get(store, version);
      if (applied) {
        this.connection.exec('ROLLBACK');
        return null;
      }
      this.connection.exec(migration.sql);
      const duration = performance.now() - started;
      this.connection
        .prepare(
          `INSERT INTO holdfast_migrations
             (store, version, name, checksum, duration_ms, applied_by, build)
           VALUES (?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(store, version, name, checksum, duration, identity.appliedBy, identity.build);
      this.connection.exec('COMMIT');
      return duration;
    } catch (error) {
      if (this.connection.inTransaction) this.connection.exec('ROLLBACK');
      throw error;
    }
  }

  async adopt(migrations: readonly Migration[], identity: MigratorIdentity): Promise<void> {
    await Promise.resolve();
    const enter = this.connection.transaction(() => {
      this.connection.exec(LEDGER);
      const insert = this.connection.prepare(
        `INSERT INTO holdfast_migrations
           (store, version, name, checksum, duration_ms, applied_by, build)
         VALUES (?, ?, ?, ?, 0, ?, ?)`,
      );
      for (const { store, version, name, checksum } of migrations) {
        insert.run(store, version, name, checksum, identity.appliedBy, identity.build);
      }
    });
    enter.immediate();
  }

  async close(): Promise<void> {
    await Promise.resolve();
    this.connection.close();
  }

  destroy(): void {
    this.connection.close();
  }
}
