import type Sqlite from 'better-sqlite3';
import type { Truth } from '../../verdicts/truths.js';

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

  /** Whether a key or a unique index keeps any two rows from being the same in these columns. */
  isUniqueAlready(table: string, columns: readonly string[]): boolean {
    const keys = this.copy
      .prepare(
        `SELECT group_concat(coalesce(lower(c.name), '')) AS columns FROM pragma_index_list(@table) AS i, pragma_index_info(i.name) AS c
          WHERE i."unique" AND NOT i.partial GROUP BY i.name
         UNION ALL SELECT group_concat(lower(name)) FROM pragma_table_xinfo(@table) WHERE pk`,
      )
      .all({ table }) as { columns: string | null }[];
    return keys.some(({ columns: key }) => key?.split(',').every((name) => columns.includes(name)));
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
