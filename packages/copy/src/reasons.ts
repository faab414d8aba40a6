import { EXIT, configuration, defineReasons, unavailable } from '@holdfast/core/reasons';
import '@holdfast/postgres/reasons';

/** What a copy is refused or stopped for. */
export const reasons = defineReasons({
  COPY_SOURCE_UNREADABLE: {
    meaning: 'The SQLite database cannot be read.',
    fix: 'Check the path, the rights on the file, and that it is an SQLite database; leave out a table that needs a missing module with --exclude.',
    exit: EXIT.unavailable,
  },
  COPY_SOURCE_IN_USE: {
    meaning:
      'Another process is writing to the SQLite database, or another copy of it keeps writers out.',
    fix: 'Stop what writes to it, so that nothing is written that the copy does not have, or wait for the other copy; or give --allow-writers.',
    exit: EXIT.unavailable,
  },
  COPY_TABLE_UNKNOWN: {
    meaning: 'The SQLite database has no such table.',
    fix: 'Correct --tables or --exclude; names are case-sensitive.',
    exit: EXIT.usage,
  },
  COPY_NAME_UNUSABLE: {
    meaning: 'A name of the SQLite database cannot be a name in PostgreSQL.',
    fix: 'Give it another with --rename TABLE=NAME, TABLE.COLUMN=NAME or INDEX=NAME, or leave the table out with --exclude.',
    exit: EXIT.failed,
  },
  COPY_TARGET_DIFFERS: {
    meaning: 'A table of the target does not have the columns that are to be copied.',
    fix: 'Bring the table to the same columns, leave it out with --exclude, or copy into another --schema.',
    exit: EXIT.failed,
  },
  COPY_TARGET_NOT_EMPTY: {
    meaning: 'A table of the target has rows.',
    fix: 'Give --replace to put the copied rows in their place, or copy into another --schema.',
    exit: EXIT.failed,
  },
  COPY_ROWS_REJECTED: {
    meaning: 'Some values cannot be held exactly by the target; nothing has been copied.',
    fix: 'Correct the values, say what the columns mean with --map, or leave their rows out with --on-reject list.',
    exit: EXIT.failed,
  },
  COPY_ORPHANS: {
    meaning: 'Some rows refer to rows that do not exist; nothing has been copied.',
    fix: 'Correct the rows, or keep them with --on-orphan not-valid: the foreign key then holds for new rows only. A foreign key of a table that exists has to be dropped first.',
    exit: EXIT.failed,
  },
  COPY_MISMATCH: {
    meaning: 'What was written is not what was read; nothing has been copied.',
    fix: 'Run it again; if it stays, report it with the name of the table and the definition of its columns.',
    exit: EXIT.failed,
  },
  COPY_REFUSED: {
    meaning: 'PostgreSQL has refused the copy; the target is as it was.',
    fix: 'Do what the message of the server says, of a table, a right, a trigger or space. A table that is named can be left out with --exclude.',
    exit: EXIT.failed,
  },
  COPY_KEY_CLASH: {
    meaning:
      'Rows that were told apart in SQLite are the same for a key or unique index in PostgreSQL; the target is as it was.',
    fix: "Correct one of the rows that are named, or say with --map what the column is, so that its values stay apart: --map TABLE.COLUMN=text:literal keeps `1` and `'1'` apart.",
    exit: EXIT.failed,
  },
  COPY_KEY_TOO_LONG: {
    meaning:
      'A value is longer than a unique index of PostgreSQL takes, about 2,700 bytes after compression; the target is as it was.',
    fix: 'Shorten the value in the file, leave the column out with --skip-column, or make the table without the index by hand and copy into it.',
    exit: EXIT.failed,
  },
  COPY_ROW_TOO_BIG: {
    meaning:
      'A row has more than the 8,160 bytes that PostgreSQL keeps of one in its table; the target is as it was.',
    fix: 'Leave columns out with --skip-column, or copy the table in two by --skip-column and --rename; long texts and blobs do not count, numbers, times and short texts do.',
    exit: EXIT.failed,
  },
  COPY_TOO_MANY_COLUMNS: {
    meaning:
      'A table has more than the 1,600 columns that PostgreSQL takes; the target is as it was.',
    fix: 'Leave columns out with --skip-column, or the table with --exclude; two copies with --skip-column and --rename make two tables of it.',
    exit: EXIT.failed,
  },
  COPY_REQUIRES_SESSION: configuration(
    'The copy needs a session of its own, which a connection pooler such as PgBouncer does not give in this mode.',
    'Give a --to that leads to the database directly.',
  ),
  COPY_UNDER_WAY: {
    meaning: 'Another process copies into the same schema.',
    fix: 'Wait for it. Where its process is gone, its session ends as soon as the server notices: pg_stat_activity shows it.',
    exit: EXIT.failed,
  },
  COPY_STOPPED: {
    meaning: 'The copy was stopped by a signal; the target is as it was.',
    fix: 'Continue with the same command and --resume. Without --resume the next copy drops what was loaded.',
    exit: EXIT.failed,
  },
  COPY_SOURCE_CHANGED: {
    meaning: 'The SQLite database has changed since the copy that is to be continued.',
    fix: 'Copy it from the start: leave out --resume.',
    exit: EXIT.failed,
  },
  COPY_RESUME_DIFFERS: {
    meaning: 'The copy that is to be continued had other options, or found another target.',
    fix: 'Give the options that it had, or copy from the start: leave out --resume.',
    exit: EXIT.failed,
  },
  COPY_LOCK_TIMEOUT: unavailable(
    'Somebody keeps a table of the target locked, so that the copy cannot be switched in.',
    'Find the holder of the lock in pg_locks and pg_stat_activity, wait for it or end it, and run the same command with --resume; MIGRATION_LOCK_TIMEOUT is how long is tried.',
  ),
  COPY_OUTCOME_UNKNOWN: unavailable(
    'The connection was lost while the server was asked to commit.',
    'Run the same command with --resume: it finds out whether the copy is there, and completes it if not. After --undo, look at the tables.',
  ),
  COPY_SOURCE_NOT_RETIRED: {
    meaning:
      'The copy is in the target, but the SQLite file could not be marked: processes can still write to it.',
    fix: 'Keep every process from the file, and run the same command with --resume.',
    exit: EXIT.failed,
  },
  COPY_FOLLOW_UNSUITABLE: {
    meaning: 'The changes of this SQLite database cannot be followed, or not into these tables.',
    fix: 'See `errors`: each says what is in the way and what to do; or stop the program and copy without --follow.',
    exit: EXIT.failed,
  },
  COPY_FOLLOW_JOURNAL: {
    meaning: 'The SQLite file has the journal of a copy that follows it, or that was stopped.',
    fix: 'Go on with the same command and --resume; or take the journal out with --stop-following and begin anew.',
    exit: EXIT.failed,
  },
  COPY_FOLLOW_BEHIND: {
    meaning:
      'The SQLite database is written to faster than its changes are applied; nothing was switched.',
    fix: 'Go on with --resume when less is written, or from a machine that is nearer to the target.',
    exit: EXIT.failed,
  },
  COPY_FOLLOW_SCHEMA_CHANGED: {
    meaning:
      'The schema of the SQLite database was changed while it was followed; nothing has been copied.',
    fix: 'Begin anew: the journal is out of the file. Keep the program from migrating until the switch.',
    exit: EXIT.failed,
  },
  COPY_SOURCE_FULL: unavailable(
    'The disk of the SQLite file is full, or the file has reached its limit; nothing is lost.',
    'Make room and run the same command again, with --resume for one that follows: it goes on where it was.',
  ),
  COPY_RETURN_UNSUITABLE: {
    meaning: 'The changes of PostgreSQL cannot be followed back into the SQLite file.',
    fix: 'See `errors`: each says what is in the way; or copy without --follow-back, and see `copy cost-of-return` before going back.',
    exit: EXIT.failed,
  },
  COPY_RETURN_STOPPED: {
    meaning: 'Following back was stopped by a signal; the journal in PostgreSQL goes on.',
    fix: 'Continue with --follow-back and the same --from, --to and --schema; or take the journal out with --stop-following --follow-back.',
    exit: EXIT.failed,
  },
  COPY_RETURN_BEHIND: {
    meaning:
      'PostgreSQL is written to faster than its changes are applied to the SQLite file; nobody has gone back.',
    fix: 'Run the same command again when less is written, or from a machine that is nearer to the server.',
    exit: EXIT.failed,
  },
  COPY_RETURN_REJECTED: {
    meaning: 'A row that was written to PostgreSQL cannot be held exactly by the SQLite file.',
    fix: 'Correct the row in PostgreSQL, and run the same command again: the journal is kept. Without a way back, take it out with --stop-following --follow-back.',
    exit: EXIT.failed,
  },
  COPY_RETURN_SCHEMA_CHANGED: {
    meaning: 'The tables of PostgreSQL were altered while they were followed back.',
    fix: 'Alter them back and run the same command again: the journal is kept. Otherwise take it out with --stop-following --follow-back: there is no way back then.',
    exit: EXIT.failed,
  },
  COPY_RETURN_OTHER_FILE: {
    meaning:
      'The SQLite file is not the one that the changes of PostgreSQL were followed back into.',
    fix: 'Name the file that --follow-back has written to with --from, not an older copy of it.',
    exit: EXIT.failed,
  },
  COPY_RETURN_DIFFERS: {
    meaning: 'The SQLite file is not what PostgreSQL has; nobody has gone back.',
    fix: 'Stay on PostgreSQL. Take the journal out with --stop-following --follow-back; `copy cost-of-return` says what going back would lose.',
    exit: EXIT.failed,
  },
  COPY_UNDO_REFUSED: {
    meaning: 'The copy cannot be undone; nothing has been changed.',
    fix: 'Read the message: rows that were written since would be lost. Save them, and put back a backup.',
    exit: EXIT.failed,
  },
});

type Reasons = typeof reasons;

declare module '@holdfast/core/reasons' {
  interface ReasonCatalogue extends Reasons {}
}

export { ReasonError } from '@holdfast/core/reasons';
