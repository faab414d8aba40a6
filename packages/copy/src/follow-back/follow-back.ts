import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';
import type { FollowProgress } from '../follow/follow.js';
import { ChangeJournal } from '../follow/journal.js';
import type { LockRetryLimits } from '../postgres/lock-retry.js';
import { ReasonError } from '../reasons.js';
import { readTables } from '../sqlite/read-tables.js';
import { SourceDatabase } from '../sqlite/source-database.js';
import { compareSides, goBack, type Returning } from './go-back.js';
import { ReturnedChanges } from './return-changes.js';
import type { ReturnJournal } from './return-journal.js';
import { type ReturnTable, returnTable } from './return-table.js';
import { ReturningFile } from './returning-file.js';

export interface FollowBackOptions {
  /** The old file. */
  readonly path: string;
  /** Whether it is time to go back. */
  readonly mayGoBack: () => boolean;
  readonly followed: (progress: FollowProgress) => void;
  /** Is told what is done next. */
  readonly step: (text: string) => void;
  readonly lockRetry: LockRetryLimits;
  readonly signal: AbortSignal;
}

/** What became of a return. */
export interface FollowBackReport {
  readonly file: string;
  readonly schema: string;
  /** An earlier process has gone back, and was killed before it could say so. */
  readonly already_there: boolean;
  readonly tables: readonly {
    readonly table: string;
    readonly rows: number;
    /** Of both sides, when they were compared. */
    readonly digest: string;
  }[];
  readonly keys_applied: number;
  /** For how long nobody could write, before programs could write to the file. */
  readonly writers_held_ms: number;
}

/** Between two looks at PostgreSQL, in milliseconds. */
const POLL_MS = 200;

/** So many changes are applied well within a second. */
const FEW_CHANGES = 1000;

/** Rounds in which a PostgreSQL that is written to faster than it is followed is tried to be caught up with. */
const MAX_ROUNDS = 20;

/**
 * Applies what is written to PostgreSQL to the old file, until it is told to go back: then both sides are compared,
 * writers are held, the rest is applied, PostgreSQL refuses writes and the file takes them.
 * @throws COPY_RETURN_STOPPED by the signal, COPY_RETURN_BEHIND, and as `goBack` and `ReturnedChanges.catchUp`: the
 * journal is kept, and the same call goes on
 */
export async function followBack(
  client: pg.Client,
  journal: ReturnJournal,
  options: FollowBackOptions,
): Promise<FollowBackReport> {
  const { path, signal } = options;
  const file = ReturningFile.open(path);
  try {
    if (journal.state.gone_back) return complete(path, journal, file);
    // A process that was killed behind the switch has left it.
    if (file.position()?.id === journal.state.id) ChangeJournal.remove(path);
    const tables = restoredTables(path, journal);
    const changes = new ReturnedChanges(client, journal, file, tables);
    const returning = { path, file, journal, changes, tables };
    await untilGoingBack(journal, changes, options);
    return await wholeReturn(client, returning, options);
  } catch (error) {
    if (!signal.aborted || error instanceof ReasonError) throw error;
    throw new ReasonError('COPY_RETURN_STOPPED', { cause: error });
  } finally {
    file.close();
  }
}

async function untilGoingBack(
  journal: ReturnJournal,
  changes: ReturnedChanges,
  { mayGoBack, followed, signal }: FollowBackOptions,
): Promise<void> {
  for (;;) {
    throwIfStopped(signal);
    const { changes: behind, ageMs: lagMs } = await journal.pending();
    followed({ applied: changes.keys, behind, lagMs });
    if (behind > 0) await changes.catchUp();
    if (mayGoBack()) return;
    if (behind < FEW_CHANGES)
      await wait(POLL_MS, undefined, { signal }).catch(() => {
        throwIfStopped(signal);
      });
  }
}

async function wholeReturn(
  client: pg.Client,
  returning: Returning,
  { path, lockRetry, signal, step }: FollowBackOptions,
): Promise<FollowBackReport> {
  const { journal, changes } = returning;
  step('comparing both sides');
  const compared = await compareSides(client, returning, signal);
  await untilFew(journal, changes, signal);
  step('holding the writers of PostgreSQL');
  const heldMs = await goBack(client, returning, lockRetry);
  return {
    file: path,
    schema: journal.target,
    already_there: false,
    tables: compared.map(({ table, rows, digest }) => ({ table, rows, digest })),
    keys_applied: changes.keys,
    writers_held_ms: Math.round(heldMs),
  };
}

/** @throws COPY_RETURN_BEHIND */
async function untilFew(
  journal: ReturnJournal,
  changes: ReturnedChanges,
  signal: AbortSignal,
): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    throwIfStopped(signal);
    if ((await journal.pending()).changes < FEW_CHANGES) return;
    await changes.catchUp();
  }
  throw new ReasonError('COPY_RETURN_BEHIND', {
    detail: `${(await journal.pending()).changes} changes are still to be applied`,
  });
}

/** The process before was killed between the refusal and its last words. */
function complete(path: string, journal: ReturnJournal, file: ReturningFile): FollowBackReport {
  const position = file.position();
  if (position && position.id !== journal.state.id)
    throw new ReasonError('COPY_RETURN_OTHER_FILE', {
      detail: 'the journal in PostgreSQL belongs to another file',
    });
  if (position) file.reinstate();
  return {
    file: path,
    schema: journal.target,
    already_there: true,
    tables: [],
    keys_applied: 0,
    writers_held_ms: 0,
  };
}

/** @throws COPY_RETURN_OTHER_FILE when the file has not what went to PostgreSQL */
function restoredTables(path: string, { state }: ReturnJournal): readonly ReturnTable[] {
  const source = SourceDatabase.openShared(path, '');
  try {
    const names = new Set(state.tables.map((table) => table.source));
    const { tables } = readTables(source.connection, (name) => names.has(name));
    return state.tables.map((kept) => {
      const table = returnTable(kept, tables);
      if (table) return table;
      throw new ReasonError('COPY_RETURN_OTHER_FILE', {
        detail: `it has no table ${kept.source} as the one that was copied`,
      });
    });
  } finally {
    source.close();
  }
}

function throwIfStopped(signal: AbortSignal): void {
  if (signal.aborted) throw new ReasonError('COPY_RETURN_STOPPED');
}
