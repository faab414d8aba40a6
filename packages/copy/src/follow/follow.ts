import type pg from 'pg';
import { isDisconnected } from '@holdfast/postgres/faults/faults';
import { ReasonError } from '../reasons.js';
import type { CopyListener, CopyOptions } from '../options.js';
import { fullFailure } from '../postgres/refusal.js';
import { Staging } from '../postgres/staging.js';
import { SourceDatabase } from '../sqlite/source-database.js';
import { fileFailure } from '../sqlite/full.js';
import { FollowingCopy } from './following-copy.js';
import { type FollowReport, switchedBefore } from './follow-report.js';
import { ChangeJournal } from './journal.js';
import { putJournal } from './put-journal.js';

/** Where following stands. */
export interface FollowProgress {
  /** Keys that were applied so far. */
  readonly applied: number;
  /** Changes that were not, and the age of the oldest of them in milliseconds: the lag. */
  readonly behind: number;
  readonly lagMs: number;
}

export interface FollowOptions {
  /** The file. */
  readonly path: string;
  /** Whether it is time to switch. */
  readonly mayCutOver: () => boolean;
  readonly followed: (progress: FollowProgress) => void;
  /** Whether changes of the target go back into the file afterwards. */
  readonly back: boolean;
  /** Is told what is done next. */
  readonly step: (text: string) => void;
}

/** After these, and after a connection that was lost, journal and tables are kept for `resume`. */
const RESUMABLE_CODES = [
  'COPY_STOPPED',
  'COPY_LOCK_TIMEOUT',
  'COPY_OUTCOME_UNKNOWN',
  'COPY_SOURCE_IN_USE',
  'COPY_RESUME_DIFFERS',
  'COPY_FOLLOW_BEHIND',
  'COPY_SOURCE_FULL',
  'POSTGRES_DISK_FULL',
];

/**
 * Copies a database while its program goes on writing, keeps applying what it writes, and switches when it is told
 * to: both sides are compared, writers are held, the rest is applied, the tables are shown, the file is marked as
 * moved. Until then the target is as it was. When it is stopped or killed, the journal stays in the file for
 * `resume`.
 * @throws as `copyDatabase`, and COPY_FOLLOW_UNSUITABLE, COPY_FOLLOW_JOURNAL, COPY_FOLLOW_SCHEMA_CHANGED,
 * COPY_FOLLOW_BEHIND
 */
export async function followDatabase(
  client: pg.Client,
  options: CopyOptions,
  listener: CopyListener,
  follow: FollowOptions,
): Promise<FollowReport> {
  await Staging.lock(client, options.schema);
  const put = putJournal(options, follow.path);
  const source = SourceDatabase.openShared(follow.path, put.journal.id);
  let isJournalKept = put.isResumed;
  try {
    if (put.journal.isSourceRetired() && !(await Staging.isThere(client, options.schema))) {
      isJournalKept = false;
      return switchedBefore(options, follow.path);
    }
    const copy = new FollowingCopy(client, source, put, options, listener, follow);
    const report = await copy.run();
    isJournalKept = false;
    return report;
  } catch (error) {
    const { signal } = options;
    const reason: unknown =
      signal.aborted && !(error instanceof ReasonError)
        ? signal.reason
        : fileFailure(fullFailure(error));
    isJournalKept = isResumable(reason);
    // On a connection that is gone it fails too, and the first error tells why.
    if (!isJournalKept) await Staging.dropOf(client, options.schema).catch(() => undefined);
    throw reason;
  } finally {
    source.close();
    put.journal.close();
    if (!isJournalKept) ChangeJournal.remove(follow.path);
  }
}

function isResumable(error: unknown): boolean {
  return error instanceof ReasonError
    ? RESUMABLE_CODES.includes(error.code)
    : isDisconnected(error);
}
