import type pg from 'pg';
import { ReasonError } from '../reasons.js';
import { digestRows, load } from '../postgres/load.js';
import type { TargetTable } from '../postgres/target-table.js';
import { type RejectedRow, convertRows } from '../rows/convert-rows.js';
import type { RowCounts } from '../rows/reading.js';
import { judgedFormat } from '../rows/row-format.js';
import { Reject, type Value } from '../rows/value.js';
import { quoted } from '../sqlite/identifiers.js';
import type { SourceDatabase } from '../sqlite/source-database.js';
import type { SourceTable } from '../sqlite/source-table.js';
import { RowDigest } from '../verify/row-digest.js';
import { changedKeys, changedRows, type JournalRange } from './changed-rows.js';
import type { FollowedTable } from './followed-table.js';
import { keyNames } from './journal-sql.js';

/** Of this session alone. */
export const TEMPORARY = 'pg_temp';

/** Beyond so many keys, a plan that was made for few of them is slow. */
const ANALYZED_KEYS = 10_000;

/** Makes the tables of this session in which `loadKeys` puts its keys. */
export async function prepareKeys(
  client: pg.Client,
  tables: readonly FollowedTable[],
): Promise<void> {
  for (const followed of tables) {
    const { name, columns } = keysTable(followed, followed.table.source);
    const types = columns.map((column) => `${quoted(column.name)} ${column.type}`);
    await client.query(
      `CREATE TEMPORARY TABLE IF NOT EXISTS ${quoted(name)} (${types.join(', ')})`,
    );
  }
}

/**
 * Makes the rows of a table that were written to within a range what they are in the source's snapshot: they go,
 * and those that are still there come again, in the transaction that is under way. What is stored afterwards is read
 * back and compared. In memory are a few blocks, however many rows there are.
 * @param schema in which the table is prepared, without foreign keys
 * @returns how many keys were written to
 * @throws COPY_ROWS_REJECTED, COPY_MISMATCH, COPY_REFUSED
 */
export async function applyChanges(
  client: pg.Client,
  schema: string,
  source: SourceDatabase,
  followed: FollowedTable,
  range: JournalRange,
): Promise<number> {
  const { table } = followed;
  const keys = await loadKeys(client, source, followed, range);
  if (keys === 0) return 0;
  const place = `${quoted(schema)}.${quoted(table.name)}`;
  await client.query(
    `DELETE FROM ${place} AS t USING ${keysPlace(followed)} AS k WHERE ${isOfKey('t', followed)}`,
  );
  const read = rowsOf(source, { ...table, source: changedRows(followed, range) });
  const written = await load(client, schema, table, judgedFormat(source, table), read.rows);
  await compareChanged(client, schema, source, followed, { read, written });
  return keys;
}

/** Puts the keys that were written to within a range into a table of this session. @returns how many */
export async function loadKeys(
  client: pg.Client,
  source: SourceDatabase,
  followed: FollowedTable,
  range: JournalRange,
): Promise<number> {
  const keys = keysTable(followed, changedKeys(followed, range));
  await client.query(`TRUNCATE ${keysPlace(followed)}`);
  const format = judgedFormat(source, followed.table);
  const count = await load(client, TEMPORARY, keys, format, rowsOf(source, keys).rows);
  if (count > ANALYZED_KEYS) await client.query(`ANALYZE ${keysPlace(followed)}`);
  return count;
}

/**
 * Reads back the rows of the keys that are loaded.
 * @param schema in which the table is
 * @param sent what was read of the source, and how many rows of it were written
 * @throws COPY_MISMATCH
 */
export async function compareChanged(
  client: pg.Client,
  schema: string,
  source: SourceDatabase,
  followed: FollowedTable,
  { read, written }: { readonly read: ReadRows; readonly written: number },
): Promise<void> {
  const { table } = followed;
  const stored = new RowDigest(table.columns);
  const columns = table.columns.map(({ name }) => `t.${quoted(name)}`).join(', ');
  await digestRows(
    client,
    `(SELECT ${columns} FROM ${quoted(schema)}.${quoted(table.name)} AS t
        JOIN ${keysPlace(followed)} AS k ON ${isOfKey('t', followed)})`,
    judgedFormat(source, table),
    stored,
  );
  if (written !== read.counts.rowsRead || String(stored) !== String(read.digest))
    throw new ReasonError('COPY_MISMATCH', {
      detail: `${table.name}: what PostgreSQL has stored of the changes is not what was read`,
    });
}

/** The keys as a table of their own: one that is NULL would be found by nobody. */
function keysTable({ table, number, key }: FollowedTable, source: SourceTable): TargetTable {
  const names = keyNames(key.length);
  const missing = new Reject('is NULL, and a row without a key cannot be followed');
  return {
    ...table,
    source,
    name: `holdfast_keys_${number}`,
    columns: key.map((column, index) => ({ ...column, name: names[index] ?? '', missing })),
    generated: [],
  };
}

/** Where `loadKeys` puts them. */
export function keysPlace({ number }: FollowedTable): string {
  return `${TEMPORARY}.${quoted(`holdfast_keys_${number}`)}`;
}

/** SQL: a row has the key `k`. @param row what it is called */
export function isOfKey(row: string, { key }: FollowedTable): string {
  const names = keyNames(key.length);
  return key
    .map(({ name }, index) => `${row}.${quoted(name)} = k.${names[index] ?? ''}`)
    .join(' AND ');
}

/** Rows of the source, converted; counted and digested as they are taken. */
export interface ReadRows {
  readonly counts: RowCounts;
  readonly digest: RowDigest;
  readonly rows: Generator<Buffer, void, undefined>;
}

export function rowsOf(source: SourceDatabase, table: TargetTable): ReadRows {
  const digest = new RowDigest(table.columns);
  const counts: RowCounts = { rowsRead: 0, rowsRejected: 0, bytes: 0, rowid: undefined };
  const taken = (values: readonly Value[]) => {
    digest.addSource(values);
  };
  return {
    counts,
    digest,
    rows: convertRows(source, table, { counts, rejected: refuse }, { taken }),
  };
}

/** While a program is followed nothing is left out: it would be missing without anybody looking. */
export function refuse({ table, key, column, reason }: RejectedRow): never {
  throw new ReasonError('COPY_ROWS_REJECTED', {
    detail: 'a row was written that the target cannot hold exactly',
    errors: [{ path: `${table}.${column}`, message: `${table}, ${key}: ${column} ${reason}` }],
  });
}
