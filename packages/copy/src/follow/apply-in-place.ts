import type pg from 'pg';
import { load } from '../postgres/load.js';
import { pipelined } from '../postgres/pipeline.js';
import { refuseOrphans } from '../postgres/switch.js';
import type { TargetTable } from '../postgres/target-table.js';
import { judgedFormat } from '../rows/row-format.js';
import { quoted } from '../sqlite/identifiers.js';
import type { SourceDatabase } from '../sqlite/source-database.js';
import {
  compareChanged,
  isOfKey,
  keysPlace,
  loadKeys,
  type ReadRows,
  rowsOf,
  TEMPORARY,
} from './apply-changes.js';
import { changedRows, type JournalRange } from './changed-rows.js';
import type { FollowedTable } from './followed-table.js';

/** A table that was there before, and that stays the one it is. */
export interface FilledTable {
  readonly followed: FollowedTable;
  /** Foreign keys refer to it that do something when a row goes: a row that changes has to stay. */
  readonly keepsRows: boolean;
}

/** Rows exchange unique values while other rows refer to them: it takes another beginning. */
export class RowsClash extends Error {
  constructor(
    readonly table: string,
    cause: unknown,
  ) {
    super(`${table}: rows exchange unique values`, { cause });
  }
}

/** Finds out how rows of the tables can be changed, and makes the tables of this session for new ones. */
export async function prepareFilled(
  client: pg.Client,
  schema: string,
  tables: readonly FollowedTable[],
): Promise<readonly FilledTable[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT DISTINCT c.relname AS name FROM pg_constraint k
       JOIN pg_class c ON c.oid = k.confrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE k.contype = 'f' AND k.confdeltype <> 'a' AND n.nspname = $1`,
    [schema],
  );
  await pipelined(
    client,
    tables.map(
      (followed) =>
        `CREATE TEMPORARY TABLE IF NOT EXISTS ${quoted(rowsTable(followed).name)} AS
           SELECT ${columnsOf(followed)} FROM ${placeOf(schema, followed)} WITH NO DATA`,
    ),
  );
  return tables.map((followed) => ({
    followed,
    keepsRows:
      settableColumns(followed).length > 0 && rows.some(({ name }) => name === followed.table.name),
  }));
}

/**
 * As `applyChanges`, of tables that have foreign keys: one statement changes all of them, at whose end they are
 * checked. What they do to rows that refer to one that went finds nothing left to do.
 * @param schema in which the tables are
 * @returns how many keys were written to
 * @throws `RowsClash`, COPY_ORPHANS, COPY_ROWS_REJECTED, COPY_MISMATCH, COPY_REFUSED
 */
export async function applyInPlace(
  client: pg.Client,
  schema: string,
  source: SourceDatabase,
  tables: readonly FilledTable[],
  range: JournalRange,
): Promise<number> {
  let keys = 0;
  const changed: (FilledTable & { readonly read: ReadRows; readonly written: number })[] = [];
  for (const filled of tables) {
    const { followed } = filled;
    const count = await loadKeys(client, source, followed, range);
    if (count === 0) continue;
    keys += count;
    await client.query(`TRUNCATE ${rowsPlace(followed)}`);
    const read = rowsOf(source, { ...followed.table, source: changedRows(followed, range) });
    const format = judgedFormat(source, followed.table);
    const written = await load(client, TEMPORARY, rowsTable(followed), format, read.rows);
    changed.push({ ...filled, read, written });
  }
  if (changed.length === 0) return 0;
  const parts = changed.flatMap((filled) => changingSql(schema, filled));
  try {
    await pipelined(client, [
      'SET CONSTRAINTS ALL DEFERRED',
      `WITH ${parts.join(', ')} SELECT 1`,
      'SET CONSTRAINTS ALL IMMEDIATE',
    ]);
  } catch (error) {
    const { code, table = '' } = error as { code?: string; table?: string };
    if (code === UNIQUE_VIOLATION) throw new RowsClash(table, error);
    refuseOrphans(error);
  }
  for (const { followed, ...sent } of changed)
    await compareChanged(client, schema, source, followed, sent);
  return keys;
}

const UNIQUE_VIOLATION = '23505';

/** Each part counts the rows of the one before it, so that it comes after it. */
function changingSql(schema: string, { followed, keepsRows }: FilledTable): readonly string[] {
  const { number } = followed;
  const set = settableColumns(followed).map((name) => `${name} = r.${name}`);
  const place = placeOf(schema, followed);
  const after = (part: string) => `(SELECT count(*) FROM ${part}_${number}) >= 0`;
  const insert = `INSERT INTO ${place} (${columnsOf(followed)}) OVERRIDING SYSTEM VALUE
    SELECT ${columnsOf(followed)} FROM ${rowsPlace(followed)} AS r`;
  if (!keepsRows)
    return [
      `gone_${number} AS (DELETE FROM ${place} AS t USING ${keysPlace(followed)} AS k
         WHERE ${isOfKey('t', followed)} RETURNING 1)`,
      `come_${number} AS (${insert} WHERE ${after('gone')} RETURNING 1)`,
    ];
  return [
    `gone_${number} AS (DELETE FROM ${place} AS t USING ${keysPlace(followed)} AS k
       WHERE ${isOfKey('t', followed)}
         AND NOT EXISTS (SELECT FROM ${rowsPlace(followed)} AS r WHERE ${isOfKey('r', followed)}) RETURNING 1)`,
    `changed_${number} AS (UPDATE ${place} AS t SET ${set.join(', ')} FROM ${rowsPlace(followed)} AS r
       WHERE ${isSame(followed)} AND ${after('gone')} RETURNING 1)`,
    `come_${number} AS (${insert}
       WHERE NOT EXISTS (SELECT FROM ${place} AS t WHERE ${isSame(followed)}) AND ${after('changed')} RETURNING 1)`,
  ];
}

/** Whole numbers that are equal are the same, and a column that gives them itself takes no others. */
const WHOLE = ['smallint', 'integer', 'bigint'];

function settableColumns({ table, key }: FollowedTable): readonly string[] {
  return table.columns
    .filter((column) => !(key.includes(column) && WHOLE.includes(column.type)))
    .map(({ name }) => quoted(name));
}

function isSame({ key }: FollowedTable): string {
  return key.map(({ name }) => `t.${quoted(name)} = r.${quoted(name)}`).join(' AND ');
}

function columnsOf({ table }: FollowedTable): string {
  return table.columns.map(({ name }) => quoted(name)).join(', ');
}

function rowsTable({ table, number }: FollowedTable): TargetTable {
  return { ...table, name: `holdfast_rows_${number}` };
}

function rowsPlace(followed: FollowedTable): string {
  return `${TEMPORARY}.${quoted(rowsTable(followed).name)}`;
}

function placeOf(schema: string, { table }: FollowedTable): string {
  return `${quoted(schema)}.${quoted(table.name)}`;
}
