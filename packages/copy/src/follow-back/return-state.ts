import { createHash } from 'node:crypto';
import type pg from 'pg';
import { SHAPE_SQL } from './return-sql.js';
import type { KeptTable } from './return-table.js';

/** What a journal is for. */
export interface ReturnState {
  /** What the file has, too. */
  readonly id: string;
  readonly tables: readonly KeptTable[];
  /** Of columns, types and triggers. */
  readonly shape: string;
  /** Rounds that were applied to the file. */
  readonly round: number;
  /** Writers are refused: the program is back on its file. */
  readonly gone_back: boolean;
}

/** A digest of the columns, types and triggers of tables. */
export async function shapeOf(
  client: pg.Client,
  target: string,
  tables: readonly KeptTable[],
): Promise<string> {
  const { rows } = await client.query<string[]>({
    text: SHAPE_SQL,
    values: [target, tables.map(({ name }) => name)],
    rowMode: 'array',
  });
  return createHash('sha256').update(JSON.stringify(rows)).digest('hex');
}
