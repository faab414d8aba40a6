import type pg from 'pg';
import { convertRows } from '../rows/convert-rows.js';
import type { SourceDatabase } from '../source/source-database.js';
import { readBack } from '../target/load.js';
import type { TargetTable } from '../target/target-table.js';
import { RowDigest } from './row-digest.js';

/**
 * Whether PostgreSQL has computed the generated columns as SQLite does, in every row that was copied.
 * @throws COPY_SOURCE_UNREADABLE
 */
export async function generatedAgree(
  client: pg.Client,
  schema: string,
  source: SourceDatabase,
  table: TargetTable,
): Promise<boolean> {
  const columns = [...table.columns, ...table.generated];
  const whole = { ...table, columns };
  const ofSource = new RowDigest(columns);
  const differing: string[] = [];
  const counts = { rowsRead: 0, rowsRejected: 0, bytes: 0, rowid: undefined };
  const blocks = convertRows(
    source,
    whole,
    counts,
    // Rows that are rejected for another column have not been copied.
    ({ column }) => {
      if (table.generated.some((each) => each.source.name === column)) differing.push(column);
    },
    ofSource,
  );
  while (blocks.next().done !== true) if (differing.length > 0) return false;
  const ofTarget = new RowDigest(columns);
  if (differing.length > 0) return false;
  await readBack(client, schema, whole, ofTarget);
  return String(ofTarget) === String(ofSource);
}
