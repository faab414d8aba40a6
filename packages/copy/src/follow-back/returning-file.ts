import type Sqlite from 'better-sqlite3';
import { isRetired, reinstate, retire } from '@holdfast/postgres/sqlite/sqlite-retirement';
import { beginImmediate, openForWriting } from '../follow/journal.js';
import { RETURN_TABLE } from '../follow/journal-sql.js';
import { ReasonError } from '../reasons.js';
import { literal, quoted } from '../sqlite/identifiers.js';
import { FileRows } from './file-rows.js';
import type { ReturnTable } from './return-table.js';

/** Where the file stands in the changes that come back. */
export interface FilePosition {
  /** Of the journal. */
  readonly id: string;
  readonly round: number;
}

/** Marks the file as one that a journal of PostgreSQL belongs to, in the transaction that is under way. */
export function placePosition(connection: Sqlite.Database, id: string): void {
  connection.exec(
    `DROP TABLE IF EXISTS ${RETURN_TABLE};
     CREATE TABLE ${RETURN_TABLE} (id TEXT NOT NULL, round INTEGER NOT NULL);
     INSERT INTO ${RETURN_TABLE} VALUES (${literal(id)}, 0)`,
  );
}

/** The old file of a program that is on PostgreSQL, into which the changes go. */
export class ReturningFile {
  private constructor(private readonly connection: Sqlite.Database) {}

  /** @throws COPY_SOURCE_UNREADABLE */
  static open(path: string): ReturningFile {
    const connection = openForWriting(path);
    connection.defaultSafeIntegers(true);
    // What is committed here is taken out of the journal at once: it has to be on disk.
    connection.pragma('synchronous = FULL');
    // PostgreSQL has checked them, and what they would delete is deleted there.
    connection.pragma('foreign_keys = OFF');
    return new ReturningFile(connection);
  }

  /** @returns undefined for a file that no journal belongs to */
  position(): FilePosition | undefined {
    const isThere = this.connection
      .prepare(`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = '${RETURN_TABLE}'`)
      .get();
    if (isThere === undefined) return undefined;
    const row = this.connection.prepare(`SELECT id, round FROM ${RETURN_TABLE}`).get() as
      { readonly id: string; readonly round: bigint } | undefined;
    return row && { id: row.id, round: Number(row.round) };
  }

  /** Whether it is marked as moved. */
  hasMark(): boolean {
    return isRetired(this.connection);
  }

  /** One transaction of the file. @throws COPY_RETURN_OTHER_FILE when programs may write to it */
  begin(): void {
    beginImmediate(this.connection);
    if (this.hasMark()) return;
    this.rollback();
    throw new ReasonError('COPY_RETURN_OTHER_FILE', {
      detail: `${this.connection.name} is not marked as moved any more`,
    });
  }

  /** @param round that is applied now */
  commit(round: number): void {
    this.connection.prepare(`UPDATE ${RETURN_TABLE} SET round = ?`).run(round);
    this.connection.exec('COMMIT');
  }

  rollback(): void {
    if (this.connection.inTransaction) this.connection.exec('ROLLBACK');
  }

  /**
   * Marks the file as moved, with its position, while nobody can write to it.
   * @param before is done under the same lock; what it throws leaves the file as it was
   */
  async retire<T>(id: string, before: () => Promise<T>): Promise<T> {
    beginImmediate(this.connection);
    try {
      const result = await before();
      retire(this.connection);
      placePosition(this.connection, id);
      this.connection.exec('COMMIT');
      return result;
    } catch (error) {
      this.rollback();
      throw error;
    }
  }

  /** Takes marks and position away: programs write to it again. */
  reinstate(): void {
    beginImmediate(this.connection);
    reinstate(this.connection);
    this.connection.exec(`DROP TABLE IF EXISTS ${RETURN_TABLE}`);
    this.connection.exec('COMMIT');
  }

  /** Forgets the journal, and leaves the file marked as moved. */
  forget(): void {
    beginImmediate(this.connection);
    this.connection.exec(`DROP TABLE IF EXISTS ${RETURN_TABLE}`);
    this.connection.exec('COMMIT');
  }

  /** Numbers that PostgreSQL has given away are not given away again. @param last of AUTOINCREMENT */
  advanceSequence(table: string, last: bigint): void {
    const { changes } = this.connection
      .prepare('UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?')
      .run(last, table);
    if (changes === 0)
      this.connection.prepare('INSERT INTO sqlite_sequence VALUES (?, ?)').run(table, last);
  }

  /**
   * Does work on a table while no trigger of it fires: neither those that refuse writes nor the program's, whose
   * effects come from PostgreSQL. In the transaction that is under way, so that nobody ever sees it without them.
   */
  async withoutTriggers<T>(table: ReturnTable, work: (rows: FileRows) => Promise<T>): Promise<T> {
    const triggers = this.connection
      .prepare(
        `SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE`,
      )
      .all(table.table.source.name) as { readonly name: string; readonly sql: string }[];
    for (const { name } of triggers) this.connection.exec(`DROP TRIGGER ${quoted(name)}`);
    const result = await work(new FileRows(this.connection, table));
    for (const { sql } of triggers) this.connection.exec(sql);
    return result;
  }

  close(): void {
    this.connection.close();
  }
}
