import type pg from 'pg';
import { isRolledBack } from '@holdfast/postgres/faults/faults';
import { ReasonError } from '../reasons.js';
import { quoted } from '../sqlite/identifiers.js';
import { transactionNumber } from './transaction.js';

/**
 * Runs SQL of the user inside the transaction that is under way.
 * @param schema that its names are looked up in first
 * @param option that gave it
 * @param transaction its number
 * @throws COPY_REFUSED with the option, for what PostgreSQL refuses and for SQL that ends the transaction
 */
export async function runGiven(
  client: pg.Client,
  schema: string,
  option: string,
  sql: string | undefined,
  transaction: string,
): Promise<void> {
  if (sql === undefined) return;
  await client.query(
    `SELECT set_config('search_path', $1 || ', ' || current_setting('search_path'), true)`,
    [quoted(schema)],
  );
  await client.query(sql).catch((error: unknown) => {
    if (!isRolledBack(error)) throw error;
    const { message = '', position } = error as Partial<Record<string, string>>;
    const at = position === undefined ? '' : ` (at character ${position})`;
    throw new ReasonError('COPY_REFUSED', { detail: `${option}: ${message}${at}`, cause: error });
  });
  if ((await transactionNumber(client)) !== transaction)
    throw new ReasonError('COPY_REFUSED', {
      detail: `${option} has ended the transaction of the copy: leave BEGIN, COMMIT and ROLLBACK out; look at what is in the target`,
    });
}
