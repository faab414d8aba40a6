import { mkdirSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import type { SqliteSettings } from '@holdfast/guard/databases';
import type { Settings } from '@holdfast/guard/settings';
import { ReasonError } from '../reasons.js';
import type { Durability } from '../verification/durability.js';
import { type ExcessRights, NO_EXCESS } from '../verification/excess-rights.js';
import { isBusy } from '../faults/faults.js';
import { type DatabaseNeeds, COMPATIBLE, type Compatibility } from '../verification/needs.js';
import { sqliteMismatches } from './sqlite-compatibility.js';
import { refuseRetired } from './sqlite-retirement.js';
import type { DatabaseSession, Inspection, LedgerEntry } from '../sessions/session.js';

const LOCK_POLL_MS = 5;

/** The settings of every connection to the file, from any room. */
export function prepareSqlite(connection: Sqlite.Database, busyTimeoutMs: number): void {
  connection.pragma(`busy_timeout = ${busyTimeoutMs}`);
  connection.pragma('journal_mode = WAL');
  connection.pragma('synchronous = FULL');
  connection.pragma('foreign_keys = ON');
}

/**
 * Whether the database is one for what opens it anew: with nothing of it in a cache, all of its pages
 * are read, but not compared with the indexes.
 */
export function isIntactSqlite(path: string): boolean {
  try {
    const connection = new Sqlite(path, { readonly: true, fileMustExist: true, timeout: 0 });
    try {
      return connection.pragma('quick_check(1)', { simple: true }) === 'ok';
    } finally {
      connection.close();
    }
  } catch (error) {
    return isBusy(error);
  }
}

export class SqliteSession implements DatabaseSession {
  readonly #inode: number;

  private constructor(private readonly connection: Sqlite.Database) {
    this.#inode = statSync(connection.name).ino;
  }

  /**
   * @param create whether to make what is missing; otherwise the file is left as it is
   * @throws SQLITE_SOURCE_RETIRED
   */
  static open(
    { path }: SqliteSettings,
    { lockTimeoutMs }: Settings['pool'],
    create: boolean,
  ): SqliteSession {
    if (create) mkdirSync(dirname(path), { recursive: true });
    const connection = new Sqlite(path, { timeout: lockTimeoutMs, fileMustExist: !create });
    try {
      refuseRetired(connection);
      if (create) prepareSqlite(connection, lockTimeoutMs);
    } catch (error) {
      connection.close();
      throw error;
    }
    return new SqliteSession(connection);
  }

  async inspect(): Promise<Inspection> {
    await Promise.resolve();
    // A file that was moved away or replaced would go on taking writes that are not found again.
    if (statSync(this.connection.name, { throwIfNoEntry: false })?.ino !== this.#inode) {
      throw new ReasonError('SQLITE_FILE_REPLACED');
    }
    refuseRetired(this.connection);
    const ledger = readLedger(this.connection);
    return {
      readOnly: this.connection.readonly || (await isFull(dirname(this.connection.name))),
      prepared: ledger !== null,
      ledger: ledger ?? [],
    };
  }

  publishBuild(): Promise<void> {
    return Promise.resolve();
  }

  unprepared(): Promise<readonly []> {
    return Promise.resolve([]);
  }

  tellRunning(): Promise<boolean> {
    return Promise.resolve(true);
  }

  async probeWrite(): Promise<void> {
    await this.#takeWriteLock();
    try {
      this.connection.exec(`INSERT INTO holdfast_write_probe VALUES (datetime('now'))`);
    } finally {
      this.connection.exec('ROLLBACK');
    }
  }

  /** In pauses of the event loop until the session is destroyed: a busy file takes writes, later. */
  async #takeWriteLock(): Promise<void> {
    for (;;) {
      try {
        this.connection.exec('BEGIN IMMEDIATE');
        return;
      } catch (error) {
        if (!isBusy(error)) throw error;
      }
      await wait(LOCK_POLL_MS);
    }
  }

  async compatibility(needs: DatabaseNeeds): Promise<Compatibility> {
    await Promise.resolve();
    return { ...COMPATIBLE, mismatches: sqliteMismatches(this.connection, needs) };
  }

  excessRights(): Promise<ExcessRights> {
    return Promise.resolve(NO_EXCESS);
  }

  durability(): Promise<Durability> {
    return Promise.resolve({ faults: [], warnings: [] });
  }

  certificates(): readonly [] {
    return [];
  }

  identify(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  pin(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async ping(): Promise<void> {
    await Promise.resolve();
  }

  busyBackends(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  destroy(): void {
    this.connection.close();
  }
}

/** A rolled back write would not find that out: it never reaches the disk. */
async function isFull(folder: string): Promise<boolean> {
  const { bavail, bfree } = await statfs(folder);
  // Some file systems keep a rest for root.
  return (process.getuid?.() === 0 ? bfree : bavail) === 0;
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
