import { literal, quoted } from '../sqlite/identifiers.js';
import type { SourceTable } from '../sqlite/source-table.js';
import type { WatchedTable } from './followed-table.js';

/** Names of what is put into the source begin with it; no table of such a name is copied. */
const PREFIX = 'holdfast_follow';

/** Where a file stands in the changes that PostgreSQL sends back. */
export const RETURN_TABLE = 'holdfast_return';

/** Whether a table or a trigger is the journal's. */
export function isJournals(name: string): boolean {
  return name.startsWith(PREFIX) || name === RETURN_TABLE;
}

/** What the journal is for: name and value. */
export const STATE = PREFIX;

/** One row for each key that was written to, in the order of the writing. */
export const JOURNAL = `${PREFIX}_journal`;

/** The keys of one table, one column for each column of a key. */
export function keyNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `k${index + 1}`);
}

/**
 * Not AUTOINCREMENT, which writes to another table each time: the last row is never taken out, so that numbers go
 * on. Key columns have no type: what is put in is what comes out.
 */
export function tablesSql(tables: readonly WatchedTable[]): readonly string[] {
  const widest = Math.max(1, ...tables.map(({ key }) => key.length));
  return [
    `CREATE TABLE ${STATE} (name TEXT PRIMARY KEY, value TEXT NOT NULL)`,
    `CREATE TABLE ${JOURNAL} (seq INTEGER PRIMARY KEY, at REAL NOT NULL, tbl INTEGER NOT NULL,
       ${keyNames(widest).join(', ')})`,
  ];
}

/**
 * What writes down the keys of rows that are inserted, changed or deleted. A row that REPLACE takes out of the way
 * fires no trigger of its own: it is written down before, as a row that shares a unique value with the new one.
 */
export function triggersSql({ source, number, key }: WatchedTable): readonly string[] {
  const on = quoted(source.name);
  const name = (event: string) => `${PREFIX}_${number}_${event}`;
  const names = key.map(quoted);
  const write = (of: 'NEW' | 'OLD') =>
    `INSERT INTO ${JOURNAL} (at, tbl, ${keyNames(names.length).join(', ')})
       VALUES (julianday('now'), ${number}, ${names.map((each) => `${of}.${each}`).join(', ')});`;
  const clashes = clashingRows(source).map(
    (condition) =>
      `INSERT INTO ${JOURNAL} (at, tbl, ${keyNames(names.length).join(', ')})
         SELECT julianday('now'), ${number}, ${names.map((each) => `o.${each}`).join(', ')}
           FROM ${on} AS o WHERE ${condition};`,
  );
  const isMoved = names.map((each) => `OLD.${each} IS NOT NEW.${each}`).join(' OR ');
  return [
    `CREATE TRIGGER ${name('inserted')} AFTER INSERT ON ${on} BEGIN ${write('NEW')} END`,
    `CREATE TRIGGER ${name('deleted')} AFTER DELETE ON ${on} BEGIN ${write('OLD')} END`,
    `CREATE TRIGGER ${name('updated')} AFTER UPDATE ON ${on} BEGIN ${write('NEW')} END`,
    `CREATE TRIGGER ${name('moved')} AFTER UPDATE ON ${on} WHEN ${isMoved} BEGIN ${write('OLD')} END`,
    ...(clashes.length === 0
      ? []
      : [
          `CREATE TRIGGER ${name('inserting')} BEFORE INSERT ON ${on} BEGIN ${clashes.join(' ')} END`,
          `CREATE TRIGGER ${name('updating')} BEFORE UPDATE ON ${on} BEGIN ${clashes.join(' ')} END`,
        ]),
  ];
}

/** A row that would be its own clash has its key written down once more, which does no harm. */
function clashingRows({ indexes }: SourceTable): readonly string[] {
  return indexes
    .filter(({ unique, origin }) => unique && origin !== 'primary key')
    .map(({ columns }) => columns.map((column) => column?.name))
    .filter((names): names is string[] => !names.includes(undefined))
    .map((names) => names.map((each) => `o.${quoted(each)} = NEW.${quoted(each)}`).join(' AND '));
}

/** SQL: what of `sqlite_schema` is the journal's own. */
export const OWN_OBJECTS = `name LIKE ${literal(`${PREFIX.replaceAll('_', '\\_')}%`)} ESCAPE '\\'`;
