import type Sqlite from 'better-sqlite3';
import { readTableText } from '../../schema/sqlite-table-text.js';
import type { Truth } from '../../verdicts/truths.js';

/** Of an index; an expression has no name. */
interface IndexedColumn {
  readonly name: string | null;
  readonly collation: string;
}

const BINARY = 'binary';

/** What the copy that migrations are judged on holds, as the statements before have made it. */
export class SqliteCopy {
  constructor(private readonly copy: Sqlite.Database) {}

  exists(name: string): boolean {
    const found = this.copy.prepare('SELECT 1 FROM sqlite_schema WHERE lower(name) = ?').get(name);
    return found !== undefined;
  }

  columns(table: string): readonly { readonly name: string }[] {
    const columns = this.copy
      .prepare('SELECT lower(name) AS name FROM pragma_table_xinfo(?)')
      .all(table);
    return columns as { name: string }[];
  }

  isUniqueIndex(name: string): boolean {
    const found = this.copy
      .prepare(
        `SELECT 1 FROM sqlite_schema AS s, pragma_index_list(s.tbl_name) AS i
          WHERE s.type = 'index' AND lower(s.name) = ? AND lower(i.name) = ? AND i."unique"`,
      )
      .get(name, name);
    return found !== undefined;
  }

  /**
   * Whether a key or a unique index keeps any two rows from being the same in these columns.
   * @param columns that are compared as their table declares them
   */
  isUniqueAlready(table: string, columns: readonly string[]): boolean {
    const collations = this.#collations(table);
    const isSame = ({ name, collation }: IndexedColumn) => {
      const declared = collations.get(name ?? '')?.collation?.toLowerCase() ?? BINARY;
      // Texts of the same bytes are the same by any collation.
      const isAsStrict = declared === BINARY || collation.toLowerCase() === declared;
      return name !== null && columns.includes(name) && isAsStrict;
    };
    return this.#uniqueKeys(table).some((key) => key.every(isSame));
  }

  #uniqueKeys(table: string): readonly (readonly IndexedColumn[])[] {
    const indexes = this.copy
      .prepare('SELECT name, origin, "unique", partial FROM pragma_index_list(?)')
      .all(table) as { name: string; origin: string; unique: 0 | 1; partial: 0 | 1 }[];
    const indexed = this.copy.prepare(
      'SELECT lower(name) AS name, coll AS collation FROM pragma_index_xinfo(?) WHERE key',
    );
    const keys = indexes
      .filter(({ unique, partial }) => unique === 1 && partial === 0)
      .map(({ name }) => indexed.all(name) as IndexedColumn[]);
    if (indexes.some(({ origin }) => origin === 'pk')) return keys;
    // The number of the row has no index.
    const number = this.copy
      .prepare(
        `SELECT lower(name) AS name, '${BINARY}' AS collation FROM pragma_table_xinfo(?) WHERE pk`,
      )
      .all(table) as IndexedColumn[];
    return number.length > 0 ? [...keys, number] : keys;
  }

  #collations(table: string): ReturnType<typeof readTableText>['columns'] {
    const found = this.copy
      .prepare(`SELECT sql FROM sqlite_schema WHERE type = 'table' AND lower(name) = ?`)
      .get(table) as { sql: string } | undefined;
    return readTableText(found?.sql ?? '').columns;
  }

  count(table: string): number {
    const name = `"${table.replaceAll('"', '""')}"`;
    const { rows } = this.copy.prepare(`SELECT count(*) AS rows FROM ${name}`).get() as {
      rows: number;
    };
    return rows;
  }

  /** Not of what is not there, and of a view that cannot be read. */
  isEmpty(table: string): boolean {
    const name = `"${table.replaceAll('"', '""')}"`;
    try {
      return this.copy.prepare(`SELECT 1 FROM ${name} LIMIT 1`).get() === undefined;
    } catch {
      return false;
    }
  }

  isNeverNull(table: string, column: string): boolean {
    const columns = this.copy
      .prepare(
        `SELECT lower(name) AS name FROM pragma_table_xinfo(@table) AS c
          WHERE "notnull" OR (lower(type) = 'integer' AND pk = 1
            AND NOT EXISTS (SELECT 1 FROM pragma_table_xinfo(@table) AS o WHERE o.pk > 1))`,
      )
      .all({ table });
    return (columns as { name: string }[]).some(({ name }) => name === column);
  }

  /** Of an expression without names; undefined for what is none. */
  evaluate(sql: string): Truth | undefined {
    try {
      const { truth } = this.copy
        .prepare(`SELECT CASE WHEN (${sql}) THEN 1 WHEN NOT (${sql}) THEN 0 END AS truth`)
        .get() as { truth: number | null };
      return truth === null ? null : truth === 1;
    } catch {
      return undefined;
    }
  }
}
