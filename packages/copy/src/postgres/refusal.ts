import { isRolledBack } from '@holdfast/postgres/faults/faults';
import { ReasonError } from '../reasons.js';

/** SQLSTATE of a disk of the server that is full. */
const DISK_FULL = '53100';

/** SQLSTATE of a lock that was not had in time. */
export const LOCK_NOT_AVAILABLE = '55P03';

type Said = Partial<Record<string, string>>;

/**
 * What PostgreSQL says of a table that is made, loaded or given its keys.
 * @param rowsBefore rows that were sent by other statements: lines are counted from the first row
 * @returns the reason, naming table and line; any other error as it is
 */
export function refusalOf(table: string, error: unknown, rowsBefore = 0): unknown {
  if (error instanceof ReasonError || !isRolledBack(error)) return error;
  const said = error as Said;
  const { message = '', detail, where = '', column } = said;
  const [, line, named] = /, line (\d+)(?:, column ([^:]+))?/.exec(where) ?? [];
  const place = [
    `table ${JSON.stringify(table)}`,
    ...(line === undefined ? [] : [`line ${Number(line) + rowsBefore}`]),
    ...((named ?? column) === undefined ? [] : [`column ${named ?? column ?? ''}`]),
  ];
  return new ReasonError(codeOf(said), {
    detail: [place.join(', '), message, ...(detail === undefined ? [] : [detail])].join(': '),
    cause: error,
  });
}

/** @returns POSTGRES_DISK_FULL for a disk of the server that is full, where it could go on; any other error as it is */
export function fullFailure(error: unknown): unknown {
  const { code, message = '' } = (error ?? {}) as Said;
  return error instanceof ReasonError || code !== DISK_FULL
    ? error
    : new ReasonError('POSTGRES_DISK_FULL', { detail: message, cause: error });
}

/** The reasons that have a way out of their own. */
export function codeOf({ code, message = '' }: Said) {
  switch (code) {
    case '23505':
      return 'COPY_KEY_CLASH';
    case DISK_FULL:
      return 'POSTGRES_DISK_FULL';
    case LOCK_NOT_AVAILABLE:
      return 'COPY_LOCK_TIMEOUT';
    case '54011':
      return 'COPY_TOO_MANY_COLUMNS';
    case '54000':
      if (message.startsWith('row is too big')) return 'COPY_ROW_TOO_BIG';
      return /^index row (?:size|requires)/.test(message) ? 'COPY_KEY_TOO_LONG' : 'COPY_REFUSED';
    default:
      return 'COPY_REFUSED';
  }
}
