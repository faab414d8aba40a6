import type pg from 'pg';
import { ReasonError } from '../reasons.js';
import { quoted } from '../sqlite/identifiers.js';
import type { SwitchedTable, UndoRecord } from './undo.js';

/** What a table has that the SQLite file has not, and the other way round. */
export interface TableReturn {
  readonly table: string;
  /** Rows that are new or were changed since the switch: going back loses them. */
  readonly rows_written: number;
  /** Rows of the copy that were changed or removed since: going back brings them as they were. */
  readonly rows_replaced: number;
}

/**
 * Counts what was written to PostgreSQL since a copy was switched in: every row names the transaction that wrote it.
 * @throws COPY_UNDO_REFUSED for a table that is not the one that was copied into; or the driver's
 */
export async function costOfReturn(
  client: pg.Client,
  { schema, tables }: UndoRecord,
): Promise<readonly TableReturn[]> {
  const costs: TableReturn[] = [];
  for (const table of tables) costs.push(await costOf(client, schema, table));
  return costs;
}

async function costOf(
  client: pg.Client,
  schema: string,
  { table, oid, rows: copied, transactions }: SwitchedTable,
): Promise<TableReturn> {
  const place = `${quoted(schema)}.${quoted(table)}`;
  const { rows: found } = await client.query<{ oid: string | null }>(
    'SELECT to_regclass($1)::oid::text AS oid',
    [place],
  );
  if (found[0]?.oid !== oid)
    throw new ReasonError('COPY_UNDO_REFUSED', {
      detail: `${table} is not the table that was copied into`,
    });
  const { rows } = await client.query<{ all: string; ours: string }>(
    `SELECT count(*) AS all, count(*) FILTER (WHERE xmin::text = ANY ($1)) AS ours FROM ${place}`,
    [transactions],
  );
  const all = Number(rows[0]?.all);
  const ours = Number(rows[0]?.ours);
  return { table, rows_written: all - ours, rows_replaced: copied - ours };
}
