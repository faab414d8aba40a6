import { ReasonError } from '../reasons.js';

/**
 * What SQLite says of a table that it cannot read.
 * @returns COPY_SOURCE_UNREADABLE naming the table
 */
export function unreadable(table: string, error: unknown): ReasonError {
  if (error instanceof ReasonError) return error;
  return new ReasonError('COPY_SOURCE_UNREADABLE', {
    detail: `table ${JSON.stringify(table)}: ${error instanceof Error ? error.message : String(error)}`,
    cause: error,
  });
}
