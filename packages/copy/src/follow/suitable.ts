import type Sqlite from 'better-sqlite3';
import { ReasonError } from '../reasons.js';
import { isWritable } from '../sqlite/source-database.js';
import type { SourceTable } from '../sqlite/source-table.js';
import { keyOf, type WatchedTable } from './followed-table.js';

/**
 * The tables with what finds their rows again, where all of them and the file can be followed.
 * @throws COPY_FOLLOW_UNSUITABLE with all that is in the way
 */
export function watchable(
  connection: Sqlite.Database,
  tables: readonly SourceTable[],
): readonly WatchedTable[] {
  const sorted = tables.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const watched = sorted.flatMap((source, number) => {
    const key = keyOf(source);
    return key ? [{ source, number, key }] : [];
  });
  const keyless = sorted.filter((source) => !watched.some((each) => each.source === source));
  const mode = String(connection.pragma('journal_mode', { simple: true }));
  const inTheWay = [
    ...(mode === 'wal'
      ? []
      : [
          `the file is in journal mode ${mode}, in which who reads it keeps its program from writing: run PRAGMA journal_mode = WAL on it once`,
        ]),
    ...(isWritable(connection.name)
      ? []
      : ['the file cannot be written to, and triggers have to be put into it']),
    ...keyless.map(
      ({ name }) =>
        `${name} has no primary key: a row that is changed cannot be found again; leave it out with --exclude, and copy it once the program is stopped`,
    ),
  ];
  if (inTheWay.length === 0) return watched;
  throw new ReasonError('COPY_FOLLOW_UNSUITABLE', {
    detail: inTheWay.join('; '),
    errors: inTheWay.map((message) => ({ path: connection.name, message })),
  });
}
