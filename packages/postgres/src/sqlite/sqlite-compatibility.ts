import type Sqlite from 'better-sqlite3';
import {
  type DatabaseNeeds,
  type LiveColumn,
  type LiveTable,
  type Mismatch,
  mismatchedTables,
} from '../verification/needs.js';

interface ColumnRow {
  readonly table: string;
  readonly name: string;
  readonly notnull: number;
  readonly filled: number;
  readonly hidden: number;
}

/** Columns of tables and views; `hidden` is 2 or 3 for those that are computed. */
const COLUMNS = `
SELECT listed.name AS "table", info.name, info."notnull", info.dflt_value IS NOT NULL AS filled, info.hidden
  FROM json_each(?) AS needed
       JOIN pragma_table_list AS listed ON listed.schema = 'main' AND listed.name = needed.value
       JOIN pragma_table_xinfo(listed.name) AS info`;

/** No migration makes one: whatever it does, it may drop, change or undo what is written. */
const TRIGGERS = `
SELECT name, tbl_name AS "table" FROM sqlite_schema
 WHERE type = 'trigger' AND tbl_name IN (SELECT value FROM json_each(?))`;

/** In what the tables of a file are not what a build needs. */
export function sqliteMismatches(
  connection: Sqlite.Database,
  needs: DatabaseNeeds,
): readonly Mismatch[] {
  const triggers = connection
    .prepare<[string], { readonly name: string; readonly table: string }>(TRIGGERS)
    .all(JSON.stringify(Object.keys(needs)));
  return [
    ...mismatchedTables(needs, liveTables(connection, needs)),
    ...triggers.map(({ name, table }): Mismatch => ({
      table,
      text: `${table} has the trigger ${name}, which this build does not know`,
      foreign: true,
    })),
  ];
}

/**
 * The tables that are needed as they are. There are no rights to have; any column holds any value, so
 * that its type is taken to be the one that is needed.
 */
function liveTables(
  connection: Sqlite.Database,
  needs: DatabaseNeeds,
): readonly Pick<LiveTable, 'name' | 'there' | 'columns'>[] {
  const names = Object.keys(needs);
  const rows = connection.prepare<[string], ColumnRow>(COLUMNS).all(JSON.stringify(names));
  return names.map((name) => {
    const found = rows.filter(({ table }) => table === name);
    const columns = found.map((row): readonly [string, LiveColumn] => [
      row.name,
      {
        type: needs[name]?.columns[row.name]?.type ?? '',
        notNull: row.notnull === 1,
        filled: row.filled === 1 || row.hidden > 1,
        generated: row.hidden > 1,
      },
    ]);
    return {
      name,
      there: found.length > 0,
      columns: Object.fromEntries(columns),
    };
  });
}
