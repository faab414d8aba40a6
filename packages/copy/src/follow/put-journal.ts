import { chosenTables } from '../chosen-tables.js';
import type { CopyOptions } from '../options.js';
import { SourceDatabase } from '../sqlite/source-database.js';
import type { WatchedTable } from './followed-table.js';
import { ChangeJournal } from './journal.js';
import { watchable } from './suitable.js';

export interface PutJournal {
  readonly journal: ChangeJournal;
  readonly watched: readonly WatchedTable[];
  /** An earlier process has put it in. */
  readonly isResumed: boolean;
}

/**
 * Finds the journal that is to be resumed, or puts one in, before anything is read.
 * @throws COPY_FOLLOW_UNSUITABLE, COPY_FOLLOW_JOURNAL, COPY_FOLLOW_SCHEMA_CHANGED, COPY_RESUME_DIFFERS,
 * COPY_TABLE_UNKNOWN, COPY_SOURCE_UNREADABLE
 */
export function putJournal(options: CopyOptions, path: string): PutJournal {
  const source = SourceDatabase.openShared(path, '');
  try {
    const watched = watchable(source.connection, chosenTables(source, options).tables);
    const found = options.resume ? ChangeJournal.resume(path, watched) : undefined;
    const journal = found ?? ChangeJournal.install(path, watched);
    return { journal, watched, isResumed: found !== undefined };
  } finally {
    source.close();
  }
}
