import type Sqlite from 'better-sqlite3';
import type { DatabaseNeeds, LiveColumn, LiveTable } from './needs.js';

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

/**
 * The tables that are needed as they are. There are no rights to have; any column holds any value, so
 * that its type is taken to be the one that is needed.
 */
export function liveSqliteTables(
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
