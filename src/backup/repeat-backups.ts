import { setTimeout as wait } from 'node:timers/promises';
import type { Report } from '@holdfast/guard/command/report';
import { ReasonError } from './backup.reasons.js';
import type { BackupContext } from './context.js';
import { isAheadOfTime, newestFirst, type StoredBackup } from './folder/backup-folder.js';
import { areOfSame, areSurelyOfSame } from './folder/same-database.js';
import { askDatabases } from './own-databases.js';

const HOUR_MS = 3_600_000;
/** What has failed is tried again before its next turn, and not so soon that it is nothing but that. */
const RETRY_MS = 900_000;
/** Where turns are short. */
const TRIES_IN_A_TURN = 4;
/** Node takes a longer pause for none. */
const LONGEST_PAUSE_MS = 2 ** 31 - 1;

/** A backup that was made, and is still to be uploaded or verified; undefined where one is to be made. */
export interface Unfinished {
  made: StoredBackup | undefined;
  /** To be asked while no other process writes: one that another has made for this turn. */
  readonly meanwhile?: () => Promise<StoredBackup | undefined>;
}

export interface Repeated<Run> {
  readonly hours: number;
  /** Whether one that is not is unfinished. */
  readonly verified: boolean;
  /** Goes on with the one that is unfinished, and makes it known as soon as there is one. */
  readonly run: (unfinished: Unfinished) => Promise<Run>;
  /** Tells what a run has come to. */
  readonly textOf: (done: Run) => string;
}

/**
 * One backup in so many hours, the first when the newest in the folder is so old: a service that is started again
 * makes none for that, and neither does one whose upload or proof has failed, or one of several for the same databases.
 * Ends with a signal.
 */
export async function repeatBackups<
  Run extends { readonly made: StoredBackup; readonly isAnothers?: boolean },
>(
  { progress, signal, settings }: BackupContext,
  out: string,
  { hours, verified, run, textOf }: Repeated<Run>,
): Promise<Report> {
  let runs = 0;
  let failed = 0;
  const turnAfter = ({ manifest }: StoredBackup) => Date.parse(manifest.began_at) + hours * HOUR_MS;
  const isOwn = (of: typeof areOfSame) => async () => {
    const own = await askDatabases(settings);
    return (backup: StoredBackup) => of(own, backup.manifest.databases);
  };
  const newest = await newestOf(out, isOwn(areOfSame));
  let dueAt = newest ? turnAfter(newest) : 0;
  const unfinished: Unfinished = {
    made: undefined,
    meanwhile: async () => {
      const found = await newestOf(out, isOwn(areSurelyOfSame));
      return found && turnAfter(found) > Date.now() ? found : undefined;
    },
  };
  if (verified && newest?.manifest.verified_at === null && dueAt > Date.now()) {
    unfinished.made = newest;
    dueAt = 0;
  }
  const tellNext = () => {
    if (dueAt <= Date.now()) return;
    const at = new Date(dueAt).toISOString();
    const what = unfinished.made ? 'try to upload or verify it is' : 'backup is made';
    progress.told('backup.next', `The next ${what} at ${at}.\n`);
  };
  tellNext();
  while (await pauseUntil(dueAt, hours * HOUR_MS, signal)) {
    if (unfinished.made && turnAfter(unfinished.made) <= Date.now()) unfinished.made = undefined;
    try {
      const done = await run(unfinished);
      unfinished.made = undefined;
      dueAt = turnAfter(done.made);
      if (!done.isAnothers) {
        progress.told('backup.done', textOf(done));
        runs += 1;
      }
    } catch (error) {
      if (signal.aborted) break;
      // One that nobody has foreseen ends the service: whoever runs it starts it again.
      if (!(error instanceof ReasonError)) throw error;
      progress.told('backup.failed', `${error.code}: ${error.message}\n  ${error.reason.fix}\n`);
      if (error.code === 'BACKUP_INVALID') unfinished.made = undefined;
      dueAt = Date.now() + Math.min(RETRY_MS, (hours * HOUR_MS) / TRIES_IN_A_TURN);
      failed += 1;
    }
    tellNext();
  }
  return {
    text: `Stopped: ${runs} backups made, ${failed} failed.\n`,
    document: { runs, failed },
  };
}

/** The newest backup, of those whose time can be. */
async function newestOf(
  out: string,
  ownOnes: () => Promise<(backup: StoredBackup) => boolean>,
): Promise<StoredBackup | undefined> {
  try {
    const isOwn = await ownOnes();
    for await (const backup of newestFirst(out))
      if (!isAheadOfTime(backup) && isOwn(backup)) return backup;
  } catch (error) {
    // The first run makes the folder.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return undefined;
}

/**
 * @param most milliseconds: a clock that was ahead for a while keeps nobody waiting until its time
 * @returns false when it is to stop
 */
async function pauseUntil(moment: number, most: number, signal: AbortSignal): Promise<boolean> {
  const ends = performance.now() + most;
  while (!signal.aborted) {
    const left = Math.min(moment - Date.now(), ends - performance.now());
    if (left <= 0) return true;
    await wait(Math.min(left, LONGEST_PAUSE_MS), undefined, { signal }).catch(() => undefined);
  }
  return false;
}
