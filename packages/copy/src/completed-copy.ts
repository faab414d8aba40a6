import type pg from 'pg';
import { ReasonError } from './reasons.js';
import { CopiedTable, type CopyWork } from './copied-table.js';
import type { RejectedRow } from './rows/convert-rows.js';
import { refuseNonEmpty } from './postgres/existing-tables.js';
import type { TargetTable } from './postgres/target-table.js';

/**
 * A copy that was killed at its very end may have been switched in, and only not told so: then the
 * tables have exactly the rows of the source.
 */
export async function findCompletedCopy(
  client: pg.Client,
  schema: string,
  tables: readonly TargetTable[],
  work: CopyWork,
): Promise<readonly CopiedTable[] | undefined> {
  if (tables.length === 0 || tables.some(({ created }) => created)) return undefined;
  const isEmpty = await refuseNonEmpty(client, schema, tables, false).then(
    () => true,
    (error: unknown) => {
      if (error instanceof ReasonError) return false;
      throw error;
    },
  );
  if (isEmpty) return undefined;
  const rejects: RejectedRow[] = [];
  const judging: CopyWork = {
    ...work,
    verification: 'full',
    rejected: (row) => {
      rejects.push(row);
    },
  };
  const copies = tables.map((table) => new CopiedTable(judging, table));
  for (const copied of copies) {
    await copied.convertAll();
    if (!(await copied.isStoredIn(client, schema))) return undefined;
  }
  for (const row of rejects) work.rejected(row);
  return copies;
}
