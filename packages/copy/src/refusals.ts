import { ReasonError } from './reasons.js';
import type { CopiedTable } from './copied-table.js';
import type { Orphans } from './report.js';
import type { RejectedRow } from './rows/convert-rows.js';

/** COPY_ROWS_REJECTED, with the first of them. */
export function rejected(
  rejects: readonly RejectedRow[],
  copies: readonly CopiedTable[],
): ReasonError {
  const rows = copies.reduce((sum, copied) => sum + copied.report().rows_rejected, 0);
  return new ReasonError('COPY_ROWS_REJECTED', {
    detail: `${rows} rows hold values that the target cannot hold exactly`,
    errors: rejects.slice(0, 10).map(({ table, key, column, reason }) => ({
      path: `${table}.${column}`,
      message: `${table}, ${key}: ${column} ${reason}`,
    })),
  });
}

/** COPY_ORPHANS, with their number for each pair of tables. */
export function orphaned(orphans: readonly Orphans[], copies: readonly CopiedTable[]): ReasonError {
  const left = copies.flatMap((copied) => {
    const { table, rows_rejected: rows } = copied.report();
    return rows > 0 ? [`${rows} rows of ${table} were rejected`] : [];
  });
  const broken = orphans.map(
    ({ table, references, rows }) => `${rows} rows of ${table} refer to no row of ${references}`,
  );
  return new ReasonError('COPY_ORPHANS', { detail: [...broken, ...left].join('; ') });
}
