import type Sqlite from 'better-sqlite3';
import { type ColumnDefinition, columnDefinitions } from './column-definitions.js';
import { quoted } from './identifiers.js';
import {
  affinityOf,
  isForeign,
  type Skipped,
  type SourceColumn,
  type SourceForeignKey,
  type SourceIndex,
  type SourceTable,
} from './source-table.js';
import { ReasonError } from '../reasons.js';
import { type TableConstraint, tableConstraints } from './table-constraints.js';
import { unreadable } from './unreadable.js';

interface MasterRow {
  readonly type: 'table' | 'view' | 'trigger';
  readonly name: string;
  readonly sql: string | null;
}

interface ColumnRow {
  readonly name: string;
  readonly type: string;
  readonly notnull: bigint;
  readonly dflt_value: string | null;
  readonly pk: bigint;
  /** 1 of a virtual table, 2 generated and computed when read, 3 generated and stored. */
  readonly hidden: bigint;
}

const ORIGINS = { c: 'index', u: 'unique', pk: 'primary key' } as const;
const ROWID_NAMES = ['rowid', '_rowid_', 'oid'];

/** What there is to copy from a database, and what is left behind, by name. */
export interface SourceTables {
  readonly tables: readonly SourceTable[];
  /** Tables that are not wanted. */
  readonly unwanted: readonly string[];
  readonly skipped: readonly Skipped[];
}

/**
 * @param wanted says whether a table is to be copied
 * @throws COPY_SOURCE_UNREADABLE naming a table that needs a module which is not there
 */
export function readTables(
  database: Sqlite.Database,
  wanted: (name: string) => boolean,
): SourceTables {
  const master = database
    .prepare(
      `SELECT type, name, sql FROM sqlite_master WHERE type IN ('table', 'view', 'trigger') ORDER BY name`,
    )
    .all() as MasterRow[];
  const kinds = tableKinds(database);
  const tables: SourceTable[] = [];
  const unwanted: string[] = [];
  const skipped: Skipped[] = [];
  for (const { type, name, sql } of master) {
    const kind = type === 'table' ? kindOf(name, kinds.get(name)) : type;
    if (kind !== 'table') skipped.push({ kind, name });
    else if (wanted(name)) tables.push(readTable(database, name, sql ?? ''));
    else unwanted.push(name);
    if (kind === 'virtual table' && wanted(name)) refuseWithoutModule(database, name);
  }
  return {
    tables,
    unwanted,
    skipped: [
      ...skipped.filter(({ kind }) => kind !== 'internal table'),
      ...settingsOf(database).map((name) => ({ kind: 'setting', name }) as const),
    ],
  };
}

/** Numbers that a program keeps in the header of its file. */
function settingsOf(database: Sqlite.Database): readonly string[] {
  return ['user_version', 'application_id'].flatMap((pragma) => {
    const value = database.pragma(pragma, { simple: true }) as bigint;
    return value === 0n ? [] : [`${pragma} = ${value}`];
  });
}

function tableKinds(database: Sqlite.Database): ReadonlyMap<string, string> {
  const rows = database.pragma('main.table_list') as { name: string; type: string }[];
  return new Map(rows.map(({ name, type }) => [name, type]));
}

function kindOf(name: string, kind: string | undefined): 'table' | Skipped['kind'] {
  if (/^sqlite_/i.test(name)) return 'internal table';
  if (kind === 'virtual') return 'virtual table';
  return kind === 'shadow' ? 'shadow table' : 'table';
}

function readTable(database: Sqlite.Database, name: string, sql: string): SourceTable {
  try {
    return describe(database, name, sql);
  } catch (error) {
    throw unreadable(name, error);
  }
}

/** Without its module nobody can tell which tables are the shadows of a virtual one. */
function refuseWithoutModule(database: Sqlite.Database, name: string): void {
  try {
    database.prepare(`SELECT 1 FROM main.${quoted(name)}`);
  } catch (error) {
    throw unreadable(name, error);
  }
}

function describe(database: Sqlite.Database, name: string, sql: string): SourceTable {
  const rows = database.pragma(`table_xinfo(${quoted(name)})`) as ColumnRow[];
  const definitions = columnDefinitions(sql);
  const constraints = tableConstraints(sql);
  const primaryKey = rows
    .filter(({ pk }) => pk > 0n)
    .toSorted((a, b) => Number(a.pk - b.pk))
    .map((row) => row.name);
  const indexes = readIndexes(database, name);
  const [listed] = database.pragma(`table_list(${quoted(name)})`) as { wr: bigint }[];
  const withoutRowid = listed?.wr === 1n;
  const [keyColumn] = rows.filter(({ pk }) => pk > 0n);
  const isRowid =
    !withoutRowid &&
    primaryKey.length === 1 &&
    keyColumn?.type.toUpperCase() === 'INTEGER' &&
    !indexes.some(({ origin }) => origin === 'primary key');
  const rowidColumn = isRowid ? keyColumn.name : undefined;
  const columns = rows
    .filter(({ hidden }) => hidden !== 1n)
    .map((row) => columnOf(row, rowidColumn, definitions.get(row.name.toLowerCase())));
  const taken = new Set(columns.map((column) => column.name.toLowerCase()));
  const sequence = sequenceOf(database, name);
  const foreign = foreignCollation(columns, indexes);
  if (withoutRowid && foreign !== undefined) {
    throw new ReasonError('COPY_SOURCE_UNREADABLE', {
      detail: `table ${JSON.stringify(name)} has no rowids and needs the collation ${foreign} of the program that made it`,
    });
  }
  return {
    name,
    // Its indexes cannot be read either.
    place: `main.${quoted(name)}${foreign === undefined ? '' : ' NOT INDEXED'}`,
    columns,
    primaryKey,
    rowidColumn,
    rowid: withoutRowid ? undefined : ROWID_NAMES.find((each) => !taken.has(each)),
    autoincrement: sequence !== undefined || /\bAUTOINCREMENT\b/i.test(sql),
    sequence,
    indexes,
    foreignKeys: readForeignKeys(database, name, constraints),
    constraints,
    sql,
  };
}

function foreignCollation(
  columns: readonly SourceColumn[],
  indexes: readonly SourceIndex[],
): string | undefined {
  return [
    ...columns.map(({ collation }) => collation),
    ...indexes.flatMap((index) => index.columns.map((column) => column?.collation)),
  ].find((collation) => collation !== undefined && isForeign(collation));
}

function columnOf(
  { name, type, notnull, dflt_value, hidden }: ColumnRow,
  rowidColumn: string | undefined,
  definition: ColumnDefinition | undefined,
): SourceColumn {
  // Declared types of generated columns carry the words that say so.
  const declaredType = type.replace(/\s*GENERATED ALWAYS$/i, '');
  return {
    name,
    declaredType,
    affinity: affinityOf(declaredType),
    notNull: notnull === 1n || name === rowidColumn,
    defaultSql: dflt_value,
    generated: hidden === 2n || hidden === 3n,
    expression: definition?.expression,
    collation: definition?.collation,
  };
}

function sequenceOf(database: Sqlite.Database, table: string): bigint | undefined {
  const exists = database
    .prepare(`SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'`)
    .get();
  if (!exists) return undefined;
  const row = database.prepare('SELECT seq FROM sqlite_sequence WHERE name = ?').get(table) as
    { seq: unknown } | undefined;
  return typeof row?.seq === 'bigint' ? row.seq : undefined;
}

function readIndexes(database: Sqlite.Database, table: string): readonly SourceIndex[] {
  const indexes = database.pragma(`index_list(${quoted(table)})`) as {
    name: string;
    unique: bigint;
    origin: keyof typeof ORIGINS;
    partial: bigint;
  }[];
  return indexes.map(({ name, unique, origin, partial }) => {
    const columns = database.pragma(`index_xinfo(${quoted(name)})`) as {
      cid: bigint;
      name: string | null;
      desc: bigint;
      coll: string;
      key: bigint;
    }[];
    const row = database
      .prepare(`SELECT sql FROM sqlite_master WHERE type = 'index' AND name = ?`)
      .get(name) as { sql: string | null } | undefined;
    return {
      name,
      unique: unique === 1n,
      origin: ORIGINS[origin],
      partial: partial === 1n,
      sql: row?.sql ?? null,
      collations: columns.filter(({ key }) => key === 1n).map(({ coll }) => coll.toUpperCase()),
      columns: columns
        .filter(({ key }) => key === 1n)
        .map((column) =>
          column.name === null
            ? null
            : { name: column.name, descending: column.desc === 1n, collation: column.coll },
        ),
    };
  });
}

function readForeignKeys(
  database: Sqlite.Database,
  table: string,
  constraints: readonly TableConstraint[],
): readonly SourceForeignKey[] {
  const rows = database.pragma(`foreign_key_list(${quoted(table)})`) as {
    id: bigint;
    seq: bigint;
    table: string;
    from: string;
    to: string | null;
    on_update: string;
    on_delete: string;
  }[];
  const keys = new Map<bigint, typeof rows>();
  for (const row of rows) keys.set(row.id, [...(keys.get(row.id) ?? []), row]);
  const written = constraints.filter(({ kind }) => kind === 'foreign key');
  return [...keys].map(([id, parts]) => {
    const ordered = parts.toSorted((a, b) => Number(a.seq - b.seq));
    const [first] = ordered;
    if (!first) throw new TypeError('a foreign key without columns');
    return {
      columns: ordered.map(({ from }) => from),
      table: first.table,
      references: ordered.flatMap(({ to }) => (to === null ? [] : [to])),
      onDelete: first.on_delete,
      onUpdate: first.on_update,
      // The last one that is written has the number 0.
      deferral: written.at(-1 - Number(id))?.deferral ?? '',
      name: written.at(-1 - Number(id))?.name,
    };
  });
}
