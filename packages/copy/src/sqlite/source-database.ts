import {
  accessSync,
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  mkdtempSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { ReasonError } from '../reasons.js';
import { fingerprintOf } from './fingerprint.js';
import { fileFailure } from './full.js';
import { identityOf, PageFile } from './pages/page-file.js';

/** Milliseconds that readers of the file may take until the mark is in it. */
const MARK_TIMEOUT_MS = 10_000;

/** Pages in memory: rows are read in their order, and what was read is not needed again. */
const CACHE_KIB = 4096;

/** What a file is made of. */
const PARTS = ['', '-wal', '-journal'];

/** How the text of a database is stored. */
export type TextEncoding = 'UTF-8' | 'UTF-16le' | 'UTF-16be';

/** What a database keeps of its file. */
interface SourceFile {
  readonly holder?: Sqlite.Database | undefined;
  readonly hasLog: boolean;
  /** Of what the connection has open; undefined where that is not known, or goes on being written to. */
  readonly identity?: string | undefined;
}

/**
 * An SQLite database that is copied: opened read-only and read in one snapshot. While writers are
 * held, a second connection has the lock that only one may have and writes nothing. Nothing else in this process may have
 * the file open: it would lose its locks when this one is closed.
 */
export class SourceDatabase {
  #isMarked = false;
  #pages: PageFile | undefined;

  private constructor(
    readonly connection: Sqlite.Database,
    readonly encoding: TextEncoding,
    /** Tells whether the file is as it was, from one process to the next. */
    readonly fingerprint: string,
    private readonly file: SourceFile,
  ) {}

  /**
   * @param holdWriters keeps other processes from writing until `close`; a file that this process may
   * not write to is copied without
   * @throws COPY_SOURCE_UNREADABLE, COPY_SOURCE_IN_USE when another process is writing
   */
  static open(path: string, holdWriters: boolean): SourceDatabase {
    let connection: Sqlite.Database | undefined;
    let holder: Sqlite.Database | undefined;
    try {
      // Before anything is locked: closing a file gives up every lock that the process has on it.
      const fingerprint = fingerprintOf(path);
      // Before the holder makes an empty one.
      const hasLog = logSize(path) > 0;
      holder = holdWriters && isWritable(path) ? hold(path) : undefined;
      const found = identityOf(path);
      connection = opened(path);
      const identity = identityOf(path) === found ? found : undefined;
      const encoding = beginReading(connection);
      return new SourceDatabase(connection, encoding, fingerprint, { holder, hasLog, identity });
    } catch (error) {
      connection?.close();
      holder?.close();
      if (error instanceof ReasonError) throw error;
      if (isBusy(error))
        throw new ReasonError('COPY_SOURCE_IN_USE', { detail: path, cause: error });
      throw unreadableFile(path, error);
    }
  }

  /**
   * Reads a file that this process has open otherwise and that goes on being written to.
   * @param fingerprint what tells it from another file
   * @throws COPY_SOURCE_UNREADABLE, COPY_SOURCE_FULL
   */
  static openShared(path: string, fingerprint: string): SourceDatabase {
    let connection: Sqlite.Database | undefined;
    try {
      connection = new Sqlite(path, { readonly: true, fileMustExist: true });
      const encoding = beginReading(connection);
      return new SourceDatabase(connection, encoding, fingerprint, { hasLog: true });
    } catch (error) {
      connection?.close();
      const failure = fileFailure(error);
      throw failure instanceof ReasonError ? failure : unreadableFile(path, error);
    }
  }

  /** Reads what is there now: the snapshot before is given up. */
  renewSnapshot(): void {
    this.connection.exec('COMMIT');
    beginSnapshot(this.connection);
  }

  /** This process may write to the file. */
  get canBeMarked(): boolean {
    return isWritable(this.connection.name);
  }

  /**
   * The pages of the file; undefined where they are not, or may not remain, what the snapshot shows. Without a write-ahead
   * log nobody changes them while it is read, and a log that is empty now was empty when the snapshot began.
   */
  get pages(): PageFile | undefined {
    const { hasLog, identity } = this.file;
    if (hasLog || identity === undefined) return undefined;
    // A statement, unlike a PRAGMA, may run while another one goes through rows.
    const file = this.connection
      .prepare(`SELECT file FROM pragma_database_list WHERE name = 'main'`)
      .pluck()
      .get() as string;
    if (logSize(file) > 0) return undefined;
    return (this.#pages ??= PageFile.open(file, identity));
  }

  get holdsWriters(): boolean {
    return this.file.holder !== undefined;
  }

  /**
   * Writes a mark into the file, which `canBeMarked`, and closes it; writers are let in only behind it.
   * @throws SQLite's error
   */
  mark(write: (connection: Sqlite.Database) => void): void {
    const path = this.connection.name;
    const writer = this.file.holder ?? hold(path);
    // Its snapshot would keep a rollback journal from being committed.
    this.connection.close();
    this.#isMarked = true;
    try {
      writer.pragma(`busy_timeout = ${MARK_TIMEOUT_MS}`);
      write(writer);
      writer.exec('COMMIT');
    } finally {
      writer.close();
      this.#pages?.close();
    }
  }

  /**
   * The last connection that may write would take a write-ahead log into the file: then the reader is
   * the last. Else the one that may write is, and removes the empty log that it has made.
   */
  close(): void {
    if (this.#isMarked) return;
    if (this.file.hasLog) this.file.holder?.close();
    this.connection.close();
    if (!this.file.hasLog) this.file.holder?.close();
    this.#pages?.close();
  }
}

/** Bytes of a file's write-ahead log. */
function logSize(path: string): number {
  return statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
}

function beginReading(connection: Sqlite.Database): TextEncoding {
  connection.defaultSafeIntegers(true);
  connection.pragma('query_only = ON');
  connection.pragma(`cache_size = -${CACHE_KIB}`);
  beginSnapshot(connection);
  return connection.pragma('encoding', { simple: true }) as TextEncoding;
}

/** The first read is what fixes the snapshot. */
function beginSnapshot(connection: Sqlite.Database): void {
  connection.exec('BEGIN');
  look(connection);
}

function unreadableFile(path: string, cause: unknown): ReasonError {
  return new ReasonError('COPY_SOURCE_UNREADABLE', {
    detail: `${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
    cause,
  });
}

function hold(path: string): Sqlite.Database {
  const holder = new Sqlite(path, { fileMustExist: true, timeout: 0 });
  try {
    holder.exec('BEGIN IMMEDIATE');
    return holder;
  } catch (error) {
    holder.close();
    if (!isBusy(error)) throw error;
    throw new ReasonError('COPY_SOURCE_IN_USE', { detail: path, cause: error });
  }
}

/**
 * A file in WAL mode wants its index beside it, and a journal that a killed program has left behind wants to be taken
 * back. Where neither can be written it is read from a copy, which is gone as soon as it is open.
 * @throws COPY_SOURCE_IN_USE when it changes while it is copied
 */
function opened(path: string): Sqlite.Database {
  const connection = new Sqlite(path, { readonly: true, fileMustExist: true });
  try {
    look(connection);
    return connection;
  } catch (error) {
    connection.close();
    const { code = '' } = error as { code?: string };
    if (!/^SQLITE_(READONLY|CANTOPEN)/.test(code)) throw error;
  }
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-copy-'));
  try {
    const before = statesOf(path);
    for (const end of PARTS) {
      if (!existsSync(`${path}${end}`)) continue;
      copyFileSync(`${path}${end}`, join(folder, `copy${end}`));
      chmodSync(join(folder, `copy${end}`), 0o600);
    }
    if (statesOf(path) !== before) throw new ReasonError('COPY_SOURCE_IN_USE', { detail: path });
    const copy = new Sqlite(join(folder, 'copy'), { fileMustExist: true });
    look(copy);
    return copy;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Size and time of the last change of each part that is there. */
function statesOf(path: string): string {
  return PARTS.map((end) => {
    const stat = statSync(`${path}${end}`, { bigint: true, throwIfNoEntry: false });
    return stat ? `${stat.size} ${stat.mtimeNs}` : 'none';
  }).join();
}

/** Somebody else has the lock that it takes. */
export function isBusy(error: unknown): boolean {
  return (error as { code?: string }).code?.startsWith('SQLITE_BUSY') === true;
}

function look(connection: Sqlite.Database): void {
  connection.prepare('SELECT count(*) FROM sqlite_master').get();
}

/** Whether this process may write to a file. */
export function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
