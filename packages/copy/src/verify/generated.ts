import type pg from 'pg';
import { judgedFormat } from '../rows/row-format.js';
import type { SourceDatabase } from '../sqlite/source-database.js';
import { readBack } from '../postgres/load.js';
import type { TargetTable } from '../postgres/target-table.js';

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
  const whole = { ...table, columns: [...table.columns, ...table.generated] };
  const format = judgedFormat(source, whole);
  const differing: string[] = [];
  const { blocks, digest: ofSource } = format.read({
    counts: { rowsRead: 0, rowsRejected: 0, bytes: 0, rowid: undefined },
    // Rows that are rejected for another column have not been copied.
    rejected: ({ column }) => {
      if (table.generated.some((each) => each.source.name === column)) differing.push(column);
    },
    digest: { before: undefined },
  });
  while (blocks.next().done !== true) if (differing.length > 0) return false;
  if (differing.length > 0) return false;
  const ofTarget = format.newDigest();
  await readBack(client, schema, whole, format, ofTarget);
  return String(ofTarget) === String(ofSource);
}
