import { createHash, randomUUID } from 'node:crypto';
import Sqlite from 'better-sqlite3';
import { isBusy } from '../sqlite/source-database.js';
import {
  isRetired,
  reinstate,
  RETIREMENT_TABLE,
  retire,
} from '@holdfast/postgres/sqlite/sqlite-retirement';
import { ReasonError } from '../reasons.js';
import { fileFailure } from '../sqlite/full.js';
import { quoted } from '../sqlite/identifiers.js';
import type { JournalRange } from './changed-rows.js';
import type { WatchedTable } from './followed-table.js';
import {
  JOURNAL,
  OWN_OBJECTS,
  RETURN_TABLE,
  STATE,
  tablesSql,
  triggersSql,
} from './journal-sql.js';

/** Milliseconds that a writer of the source is waited for. */
const BUSY_MS = 10_000;

/** The same, where it can be done later as well. */
const PRUNE_BUSY_MS = 50;

/** Rows that are taken out of the journal at once: the source's writers wait meanwhile. */
const PRUNE_ROWS = 5000;

const MS_PER_DAY = 86_400_000;

/** What the journal has that has not been applied. */
export interface Pending {
  readonly changes: number;
  /** Of the oldest of them, in milliseconds. */
  readonly ageMs: number;
}

/**
 * The changes of a SQLite database, as triggers write them down in the transactions of whoever writes: the key of
 * each row that is written to. The idea of a table of changes that triggers fill is that of Slony and of
 * pt-online-schema-change.
 */
export class ChangeJournal {
  private constructor(
    /** May write. */
    readonly connection: Sqlite.Database,
    /** What tells it from one that was taken out and put in again. */
    readonly id: string,
    private readonly schema: string,
  ) {}

  /**
   * In one transaction: triggers of all tables or of none.
   * @throws COPY_FOLLOW_JOURNAL when the file has one already
   */
  static install(path: string, tables: readonly WatchedTable[]): ChangeJournal {
    const connection = openForWriting(path);
    try {
      return inImmediate(connection, () => {
        if (stateOf(connection, 'id') !== undefined)
          throw new ReasonError('COPY_FOLLOW_JOURNAL', { detail: path });
        for (const sql of [...tablesSql(tables), ...tables.flatMap(triggersSql)])
          connection.exec(sql);
        const schema = schemaDigest(connection);
        const id = randomUUID();
        const write = connection.prepare(`INSERT INTO ${STATE} VALUES (?, ?)`);
        write.run('id', id);
        write.run('schema', schema);
        write.run('tables', namesOf(tables));
        return new ChangeJournal(connection, id, schema);
      });
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /**
   * The one that an earlier process has left.
   * @returns undefined where there is none
   * @throws COPY_RESUME_DIFFERS when it is of other tables, COPY_FOLLOW_SCHEMA_CHANGED
   */
  static resume(path: string, tables: readonly WatchedTable[]): ChangeJournal | undefined {
    const connection = openForWriting(path);
    try {
      const id = stateOf(connection, 'id');
      const schema = stateOf(connection, 'schema');
      if (id === undefined || schema === undefined) {
        connection.close();
        return undefined;
      }
      if (stateOf(connection, 'tables') !== namesOf(tables))
        throw new ReasonError('COPY_RESUME_DIFFERS', { detail: 'the journal is of other tables' });
      const journal = new ChangeJournal(connection, id, schema);
      journal.refuseChangedSchema(connection);
      return journal;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** Whether a file has one. */
  static isIn(connection: Sqlite.Database): boolean {
    return stateOf(connection, 'id') !== undefined;
  }

  /** Takes triggers and tables out, in one transaction. @returns false where there were none */
  static remove(path: string): boolean {
    const connection = openForWriting(path);
    try {
      return inImmediate(connection, () => removeFrom(connection));
    } finally {
      connection.close();
    }
  }

  /** In the snapshot of a connection; 0 before the first. */
  static last(connection: Sqlite.Database): number {
    return Number(connection.prepare(`SELECT max(seq) FROM ${JOURNAL}`).pluck().get() ?? 0);
  }

  /** The numbers of the tables that were written to within a range. */
  static touched(
    connection: Sqlite.Database,
    { after, through }: JournalRange,
  ): ReadonlySet<number> {
    const numbers = connection
      .prepare(`SELECT DISTINCT tbl FROM ${JOURNAL} WHERE seq > ? AND seq <= ?`)
      .pluck()
      .all(after, through) as (bigint | number)[];
    return new Set(numbers.map(Number));
  }

  /** @param applied the last that was applied */
  static pending(connection: Sqlite.Database, applied: number): Pending {
    const row = connection
      .prepare(
        `SELECT count(*) AS changes, (julianday('now') - min(at)) * ${MS_PER_DAY} AS age
           FROM ${JOURNAL} WHERE seq > ?`,
      )
      .get(applied) as { readonly changes: bigint | number; readonly age: number | null };
    return { changes: Number(row.changes), ageMs: Math.max(0, row.age ?? 0) };
  }

  /**
   * Whoever alters a table drops its triggers, or makes rows that the target has no column for.
   * @param connection whose snapshot is looked at
   * @throws COPY_FOLLOW_SCHEMA_CHANGED
   */
  refuseChangedSchema(connection: Sqlite.Database): void {
    if (stateOf(connection, 'id') !== this.id)
      throw new ReasonError('COPY_FOLLOW_SCHEMA_CHANGED', { detail: 'the journal is gone' });
    if (schemaDigest(connection) !== this.schema)
      throw new ReasonError('COPY_FOLLOW_SCHEMA_CHANGED', {
        detail: 'a table, index, view or trigger is not as it was when following began',
      });
  }

  /**
   * Takes out what was applied, but the last of it, whose number counts. What a writer is in the way of is taken out
   * the next time; a file that is marked as moved refuses it, and its journal goes as a whole.
   */
  prune(applied: number): void {
    if (this.isSourceRetired()) return;
    this.connection.pragma(`busy_timeout = ${PRUNE_BUSY_MS}`);
    const remove = this.connection.prepare(
      `DELETE FROM ${JOURNAL} WHERE seq IN (SELECT seq FROM ${JOURNAL} WHERE seq < ? LIMIT ${PRUNE_ROWS})`,
    );
    try {
      while (remove.run(applied).changes === PRUNE_ROWS);
    } catch (error) {
      if (!isBusy(error)) throw error;
    } finally {
      this.connection.pragma(`busy_timeout = ${BUSY_MS}`);
    }
  }

  /** Keeps every other process from writing, until one of the next two. @throws COPY_SOURCE_IN_USE */
  holdWriters(): void {
    beginImmediate(this.connection);
  }

  /** Lets writers in again. */
  releaseWriters(): void {
    if (this.connection.inTransaction) this.connection.exec('ROLLBACK');
  }

  /**
   * Ends what `holdWriters` began with the mark of a file that has moved: whoever writes is refused.
   * @param also in the same transaction
   */
  retireSource(also: (connection: Sqlite.Database) => void): void {
    retire(this.connection);
    also(this.connection);
    this.connection.exec('COMMIT');
  }

  /** Whether the file has the mark: a process that switched was killed in between. */
  isSourceRetired(): boolean {
    return isRetired(this.connection);
  }

  /** Takes the mark away. */
  reinstateSource(): void {
    inImmediate(this.connection, () => {
      reinstate(this.connection);
      this.connection.exec(`DROP TABLE IF EXISTS ${RETURN_TABLE}`);
    });
  }

  close(): void {
    this.connection.close();
  }
}

/** @throws COPY_SOURCE_UNREADABLE */
export function openForWriting(path: string): Sqlite.Database {
  try {
    const connection = new Sqlite(path, { fileMustExist: true, timeout: BUSY_MS });
    // What the journal loses in a power failure, the source has lost as well.
    connection.pragma('synchronous = NORMAL');
    return connection;
  } catch (cause) {
    throw new ReasonError('COPY_SOURCE_UNREADABLE', {
      detail: `${path}: ${(cause as Error).message}`,
      cause,
    });
  }
}

/** @throws COPY_SOURCE_IN_USE */
export function beginImmediate(connection: Sqlite.Database): void {
  try {
    connection.exec('BEGIN IMMEDIATE');
  } catch (cause) {
    if (!isBusy(cause)) throw cause;
    throw new ReasonError('COPY_SOURCE_IN_USE', {
      detail: `${connection.name}: its writers left no room for ${BUSY_MS / 1000} s`,
      cause,
    });
  }
}

/** @throws COPY_SOURCE_FULL, or what `work` throws: then nothing of it is there */
function inImmediate<T>(connection: Sqlite.Database, work: () => T): T {
  beginImmediate(connection);
  try {
    const result = work();
    connection.exec('COMMIT');
    return result;
  } catch (error) {
    if (connection.inTransaction) connection.exec('ROLLBACK');
    throw fileFailure(error);
  }
}

function removeFrom(connection: Sqlite.Database): boolean {
  const objects = connection
    .prepare(
      `SELECT type, name FROM sqlite_schema
        WHERE type IN ('trigger', 'table') AND ${OWN_OBJECTS} ORDER BY type DESC`,
    )
    .all() as { readonly type: string; readonly name: string }[];
  for (const { type, name } of objects) connection.exec(`DROP ${type} ${quoted(name)}`);
  return objects.length > 0;
}

function stateOf(connection: Sqlite.Database, name: string): string | undefined {
  const isThere = connection
    .prepare(`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = '${STATE}'`)
    .get();
  if (isThere === undefined) return undefined;
  const value = connection.prepare(`SELECT value FROM ${STATE} WHERE name = ?`).pluck().get(name);
  return value as string | undefined;
}

/** The journal's triggers are part of it: a table that is dropped and made again has none. */
function schemaDigest(connection: Sqlite.Database): string {
  const rows = connection
    .prepare(
      `SELECT type, name, tbl_name, sql FROM sqlite_schema
        WHERE name NOT LIKE '${RETIREMENT_TABLE}%' AND name <> '${RETURN_TABLE}' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
        ORDER BY type, name`,
    )
    .raw()
    .all();
  return createHash('sha256').update(JSON.stringify(rows)).digest('hex');
}

function namesOf(tables: readonly WatchedTable[]): string {
  return JSON.stringify(tables.map(({ source, number, key }) => [number, source.name, key]));
}
