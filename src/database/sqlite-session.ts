import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { SqliteSettings } from '../config/databases.js';
import type { Settings } from '../config/settings.js';
import type { DatabaseSession, Inspection, LedgerEntry } from './session.js';

/** The settings of every connection to the file, from any room. */
export function prepareSqlite(connection: Sqlite.Database, busyTimeoutMs: number): void {
  connection.pragma(`busy_timeout = ${busyTimeoutMs}`);
  connection.pragma('journal_mode = WAL');
  connection.pragma('synchronous = FULL');
  connection.pragma('foreign_keys = ON');
}

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
    const ledger = readLedger(this.connection);
    return {
      readOnly: this.connection.readonly,
      prepared: ledger !== null,
      ledger: ledger ?? [],
    };
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

  destroy(): void {
    this.connection.close();
  }
}

/** As a row of any build's ledger is; those of older builds lack the last column. */
interface EntryRow {
  readonly store: string;
  readonly version: string;
  readonly name: string;
  readonly checksum: string;
  readonly backward_compatible?: number;
}

/** @returns null when there is no ledger */
export function readLedger(connection: Sqlite.Database): readonly LedgerEntry[] | null {
  const known = connection
    .prepare(`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'holdfast_migrations'`)
    .get();
  if (!known) return null;
  const rows = connection.prepare<[], EntryRow>('SELECT * FROM holdfast_migrations').all();
  return rows.map(({ store, version, name, checksum, backward_compatible: compatible }) => ({
    store,
    version,
    name,
    checksum,
    backwardCompatible: compatible === 1,
  }));
}
