import type Sqlite from 'better-sqlite3';
import { Reject, type Value } from '../rows/value.js';
import { quoted } from '../sqlite/identifiers.js';
import { type Canonical, canonicalFor } from '../verify/canonical.js';
import type { TargetColumn } from '../postgres/target-table.js';
import { keyText } from '../rows/key-text.js';
import type { RejectedRow } from '../rows/convert-rows.js';
import { type ReturnTable, refusalOfValue } from './return-table.js';

type Fields = readonly (string | null)[];

/** Writes rows of PostgreSQL into one table of the file, and reads each back. */
export class FileRows {
  readonly #remove: Sqlite.Statement;
  readonly #insert: Sqlite.Statement;
  readonly #read: Sqlite.Statement;
  readonly #canonical: readonly Canonical[];

  constructor(
    connection: Sqlite.Database,
    private readonly table: ReturnTable,
  ) {
    const { key, table: of } = table;
    const place = quoted(of.source.name);
    const found = key.map(({ source }) => `${quoted(source.name)} = ?`).join(' AND ');
    const names = of.columns.map(({ source }) => quoted(source.name));
    const values = table.areTexts.map((isText) => (isText ? 'CAST(? AS TEXT)' : '?'));
    this.#remove = connection.prepare(`DELETE FROM ${place} WHERE ${found}`);
    this.#insert = connection.prepare(
      // A constraint may say REPLACE or IGNORE otherwise.
      `INSERT OR ABORT INTO ${place} (${names.join(', ')}) VALUES (${values.join(', ')})`,
    );
    this.#read = connection
      .prepare(`SELECT ${of.columns.map(selected).join(', ')} FROM ${place} WHERE ${found}`)
      .raw();
    this.#canonical = of.columns.map(canonicalFor);
  }

  /** @param fields of a key. One that the file cannot hold is not in it */
  remove(fields: Fields): void {
    const key = this.#keyOf(fields);
    if (key) this.#remove.run(key);
  }

  /** @param fields of all columns @returns why the file cannot hold the row; undefined when it does */
  insert(fields: Fields): RejectedRow | undefined {
    const { table, back } = this.table;
    const values: Value[] = [];
    for (const [index, column] of table.columns.entries()) {
      const field = fields[index] ?? null;
      const value = field === null ? null : (back[index]?.(field) ?? null);
      const refusal = refusalOfValue(column, value);
      if (refusal !== undefined) return this.#rejected(fields, column.source.name, refusal);
      values.push(value as Value);
    }
    try {
      this.#insert.run(values);
    } catch (error) {
      const { code = '', message } = error as { code?: string; message: string };
      if (!/^SQLITE_(?:CONSTRAINT|TOOBIG|MISMATCH)/.test(code)) throw error;
      return this.#rejected(fields, '', `is refused by SQLite: ${message}`);
    }
    return this.#difference(fields, values);
  }

  /** What is stored is what PostgreSQL has: the column may have made something else of it. */
  #difference(fields: Fields, values: readonly Value[]): RejectedRow | undefined {
    const { table, key } = this.table;
    const stored = this.#read.get(
      key.map((column) => values[table.columns.indexOf(column)] ?? null),
    ) as Value[] | undefined;
    for (const [index, column] of table.columns.entries()) {
      const field = fields[index] ?? null;
      const value = stored?.[index] ?? null;
      const given = field === null ? null : (this.#canonical[index]?.ofTarget(field) ?? null);
      const taken = value === null ? null : (this.#canonical[index]?.ofSource(value) ?? null);
      if (given !== taken)
        return this.#rejected(fields, column.source.name, 'is another value in the SQLite column');
    }
    return undefined;
  }

  #keyOf(fields: Fields): readonly Value[] | undefined {
    const { key, table, back } = this.table;
    const values = key.map((column, index) => {
      const field = fields[index] ?? null;
      return field === null ? null : (back[table.columns.indexOf(column)]?.(field) ?? null);
    });
    return values.some((value) => value instanceof Reject) ? undefined : (values as Value[]);
  }

  #rejected(fields: Fields, column: string, reason: string): RejectedRow {
    const { key, table } = this.table;
    const values = key.map((each) => fields[table.columns.indexOf(each)] ?? null);
    const names = key.map(({ name }) => name);
    return { table: table.name, key: keyText(names, values, 0), column, reason };
  }
}

/** Texts that are not UTF-8 come as the bytes that they are. */
function selected({ source, type, mixture }: TargetColumn): string {
  const name = quoted(source.name);
  return type === 'bytea' && !mixture ? `CAST(${name} AS BLOB)` : name;
}
