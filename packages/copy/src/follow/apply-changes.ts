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
const TEMPORARY = 'pg_temp';

/** Beyond so many keys, a plan that was made for few of them is slow. */
const ANALYZED_KEYS = 10_000;

/** Makes the tables of this session in which `applyChanges` has its keys. */
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
  const keys = keysTable(followed, changedKeys(followed, range));
  const format = judgedFormat(source, table);
  await client.query(`TRUNCATE ${TEMPORARY}.${quoted(keys.name)}`);
  const count = await load(client, TEMPORARY, keys, format, rowsOf(source, keys).rows);
  if (count === 0) return 0;
  if (count > ANALYZED_KEYS) await client.query(`ANALYZE ${TEMPORARY}.${quoted(keys.name)}`);
  const place = `${quoted(schema)}.${quoted(table.name)}`;
  const changed = `${place} AS t USING ${TEMPORARY}.${quoted(keys.name)} AS k WHERE ${same(followed)}`;
  await client.query(`DELETE FROM ${changed}`);
  const read = rowsOf(source, { ...table, source: changedRows(followed, range) });
  const written = await load(client, schema, table, format, read.rows);
  const stored = new RowDigest(table.columns);
  const columns = table.columns.map(({ name }) => `t.${quoted(name)}`).join(', ');
  await digestRows(
    client,
    `(SELECT ${columns} FROM ${place} AS t JOIN ${TEMPORARY}.${quoted(keys.name)} AS k ON ${same(followed)})`,
    format,
    stored,
  );
  if (written !== read.counts.rowsRead || String(stored) !== String(read.digest))
    throw new ReasonError('COPY_MISMATCH', {
      detail: `${table.name}: what PostgreSQL has stored of the changes is not what was read`,
    });
  return count;
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

function same({ key }: FollowedTable): string {
  const names = keyNames(key.length);
  return key.map(({ name }, index) => `t.${quoted(name)} = k.${names[index] ?? ''}`).join(' AND ');
}

function rowsOf(source: SourceDatabase, table: TargetTable) {
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
