import type { Database } from 'better-sqlite3';
import { type Constraint, type Index, indexDefinition, type Schema, type Table } from './schema.js';
import { indexOfWord, parenthesised, textOf, tokensOf } from './sqlite-ddl.js';
import { foreignKeyOf, readTableText, type TableText } from './sqlite-table-text.js';

interface ColumnRow {
  readonly name: string;
  readonly type: string;
  readonly notnull: 0 | 1;
  readonly dflt_value: string | null;
  /** Its place in the primary key, from 1; 0 for none. */
  readonly pk: number;
}

interface IndexRow {
  readonly name: string;
  readonly unique: 0 | 1;
  /** Made by `CREATE INDEX`, `UNIQUE` or `PRIMARY KEY`. */
  readonly origin: 'c' | 'u' | 'pk';
  readonly sql: string | null;
}

interface IndexColumnRow {
  /** Null for an expression. */
  readonly name: string | null;
  readonly desc: 0 | 1;
  readonly coll: string;
}

interface ForeignKeyRow {
  readonly id: number;
  readonly table: string;
  readonly from: string;
  /** Null for the primary key. */
  readonly to: string | null;
  readonly on_update: string;
  readonly on_delete: string;
}

/**
 * Reads the tables of a database; every name in lower case, for SQLite does not tell them apart.
 * `CHECK`, `COLLATE`, `GENERATED` and `DEFERRABLE` are in no catalogue and read from the text of
 * `CREATE TABLE`. Constraints go by their definitions.
 */
export function readSqliteSchema(connection: Database): Schema {
  const tables = connection
    .prepare<[], { name: string; sql: string }>(
      `SELECT name, sql FROM sqlite_schema
        WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
          AND sql NOT LIKE 'CREATE VIRTUAL%'`,
    )
    .all();
  return new Map(
    tables.map(({ name, sql }) => [name.toLowerCase(), readTable(connection, name, sql)]),
  );
}

function readTable(connection: Database, name: string, sql: string): Table {
  const text = readTableText(sql);
  const columns = columnsOf(connection, name);
  const indexes = connection
    .prepare<[string], IndexRow>(
      `SELECT l.name, l."unique", l.origin, s.sql FROM pragma_index_list(?) l
         LEFT JOIN sqlite_schema s ON s.type = 'index' AND s.name = l.name ORDER BY lower(l.name)`,
    )
    .all(name);
  const constraints = [
    primaryKey(columns),
    ...indexes
      .filter(({ origin }) => origin === 'u')
      .map((index) => uniqueConstraint(indexColumns(connection, index, text))),
    ...text.checks.map((definition) => constraint('check constraint', definition)),
    ...foreignKeys(connection, name, text),
  ].filter((each) => each !== null);
  return {
    columns: new Map(
      columns.map(({ name: column, type, notnull, dflt_value }) => [
        column,
        {
          type: type.toUpperCase(),
          nullability: notnull === 1 ? 'NOT NULL' : 'NULL',
          default: dflt_value === null ? null : textOf(tokensOf(dflt_value)),
          collation: text.columns.get(column)?.collation ?? null,
          generated: text.columns.get(column)?.generated ?? null,
        },
      ]),
    ),
    constraints: new Map(constraints.map((each) => [each.definition, each])),
    indexes: new Map(
      indexes
        .filter(({ origin }) => origin === 'c')
        .map((index) => [
          index.name.toLowerCase(),
          describeIndex(index, indexColumns(connection, index, text)),
        ]),
    ),
  };
}

function columnsOf(connection: Database, table: string): readonly ColumnRow[] {
  return connection
    .prepare<[string], ColumnRow>(
      'SELECT lower(name) AS name, type, "notnull", dflt_value, pk FROM pragma_table_xinfo(?)',
    )
    .all(table);
}

function constraint(kind: Constraint['kind'], definition: string): Constraint {
  return { kind, definition, validated: true };
}

function keyColumns(columns: readonly ColumnRow[]): readonly string[] {
  return columns
    .filter(({ pk }) => pk > 0)
    .toSorted((one, other) => one.pk - other.pk)
    .map(({ name }) => name);
}

function primaryKey(columns: readonly ColumnRow[]): Constraint | null {
  const key = keyColumns(columns);
  return key.length > 0 ? constraint('primary key', `PRIMARY KEY (${key.join(', ')})`) : null;
}

function uniqueConstraint(columns: readonly string[]): Constraint {
  return constraint('unique constraint', `UNIQUE (${columns.join(', ')})`);
}

/** The columns of the key, with what is not the default of the table's column. */
function indexColumns(
  connection: Database,
  { name, sql }: IndexRow,
  text: TableText,
): readonly string[] {
  const columns = connection
    .prepare<[string], IndexColumnRow>(
      'SELECT lower(name) AS name, "desc", lower(coll) AS coll FROM pragma_index_xinfo(?) WHERE key = 1',
    )
    .all(name);
  if (sql !== null && columns.some((column) => column.name === null)) {
    const tokens = tokensOf(sql);
    return [textOf(parenthesised(tokens, tokens.indexOf('on')))];
  }
  return columns.map(({ name: column, desc, coll }) => {
    const usual = text.columns.get(column ?? '')?.collation ?? 'binary';
    return `${column ?? 'expression'}${coll === usual ? '' : ` COLLATE ${coll}`}${desc === 1 ? ' DESC' : ''}`;
  });
}

function describeIndex({ unique, sql }: IndexRow, columns: readonly string[]): Index {
  const tokens = tokensOf(sql ?? '');
  const where = indexOfWord(tokens, 'where');
  const definition = indexDefinition({
    unique: unique === 1,
    columns,
    where: where < 0 ? null : textOf(tokens.slice(where + 1)),
  });
  return { definition, valid: true };
}

function foreignKeys(
  connection: Database,
  table: string,
  { deferrals }: TableText,
): readonly Constraint[] {
  const rows = connection
    .prepare<[string], ForeignKeyRow>(
      `SELECT id, lower("table") AS "table", lower("from") AS "from", lower("to") AS "to",
              on_update, on_delete
         FROM pragma_foreign_key_list(?) ORDER BY id, seq`,
    )
    .all(table);
  return [...new Set(rows.map(({ id }) => id))].flatMap((id) => {
    const parts = rows.filter((row) => row.id === id);
    const [first] = parts;
    if (!first) return [];
    const from = parts.map((part) => part.from);
    const to = parts.every((part) => part.to !== null)
      ? parts.map((part) => part.to)
      : keyColumns(columnsOf(connection, first.table));
    const words = [
      `FOREIGN KEY (${from.join(', ')}) REFERENCES ${first.table}(${to.join(', ')})`,
      ...(first.on_update === 'NO ACTION' ? [] : [`ON UPDATE ${first.on_update}`]),
      ...(first.on_delete === 'NO ACTION' ? [] : [`ON DELETE ${first.on_delete}`]),
      deferrals.get(foreignKeyOf(from, first.table)) ?? '',
    ];
    return [constraint('foreign key', words.join(' ').trimEnd())];
  });
}
