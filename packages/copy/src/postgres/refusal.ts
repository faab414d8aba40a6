import { isRolledBack } from '@holdfast/postgres/faults/faults';
import { ReasonError } from '../reasons.js';

/**
 * What PostgreSQL says of a table that is loaded or given its keys.
 * @param rowsBefore rows that were sent by other statements: lines are counted from the first row
 * @returns COPY_REFUSED naming table and line; any other error as it is
 */
export function refusalOf(table: string, error: unknown, rowsBefore = 0): unknown {
  if (error instanceof ReasonError || !isRolledBack(error)) return error;
  const { message = '', detail, where = '', column } = error as Partial<Record<string, string>>;
  const [, line, named] = /, line (\d+)(?:, column ([^:]+))?/.exec(where) ?? [];
  const place = [
    `table ${JSON.stringify(table)}`,
    ...(line === undefined ? [] : [`line ${Number(line) + rowsBefore}`]),
    ...((named ?? column) === undefined ? [] : [`column ${named ?? column ?? ''}`]),
  ];
  return new ReasonError('COPY_REFUSED', {
    detail: [place.join(', '), message, ...(detail === undefined ? [] : [detail])].join(': '),
    cause: error,
  });
}
