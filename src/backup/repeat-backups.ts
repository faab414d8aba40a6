import { setTimeout as wait } from 'node:timers/promises';
import type { Report } from '@holdfast/guard/command/report';
import { ReasonError } from './backup.reasons.js';
import type { BackupContext } from './context.js';
import { isAheadOfTime, newestFirst } from './folder/backup-folder.js';

const HOUR_MS = 3_600_000;
/** What has failed is tried again before its next turn, and not so soon that it is nothing but that. */
const RETRY_MS = 900_000;
/** Node takes a longer pause for none. */
const LONGEST_PAUSE_MS = 2 ** 31 - 1;

/**
 * One backup in so many hours, the first when the newest in the folder is so old: a service that is started again
 * makes none for that. Ends with a signal.
 * @param textOf tells what a run has come to
 */
export async function repeatBackups<Run>(
  { progress, signal }: BackupContext,
  out: string,
  hours: number,
  run: () => Promise<Run>,
  textOf: (done: Run) => string,
): Promise<Report> {
  let runs = 0;
  let failed = 0;
  let dueAt = (await newestAt(out)) + hours * HOUR_MS;
  const tellNext = () => {
    if (dueAt <= Date.now()) return;
    const at = new Date(dueAt).toISOString();
    progress.told('backup.next', `The next backup is made at ${at}.\n`);
  };
  tellNext();
  while (await pauseUntil(dueAt, signal)) {
    const beganAt = Date.now();
    try {
      progress.told('backup.done', textOf(await run()));
      dueAt = beganAt + hours * HOUR_MS;
      runs += 1;
    } catch (error) {
      if (signal.aborted) break;
      // One that nobody has foreseen ends the service: whoever runs it starts it again.
      if (!(error instanceof ReasonError)) throw error;
      progress.told('backup.failed', `${error.code}: ${error.message}\n  ${error.reason.fix}\n`);
      dueAt = Date.now() + Math.min(RETRY_MS, hours * HOUR_MS);
      failed += 1;
    }
    tellNext();
  }
  return {
    text: `Stopped: ${runs} backups made, ${failed} failed.\n`,
    document: { runs, failed },
  };
}

/** When the newest backup was begun, of those whose time can be; 0 where there is none. */
async function newestAt(out: string): Promise<number> {
  try {
    for await (const backup of newestFirst(out))
      if (!isAheadOfTime(backup)) return Date.parse(backup.manifest.began_at);
  } catch (error) {
    // The first run makes the folder.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return 0;
}

/** @returns false when it is to stop */
async function pauseUntil(moment: number, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    const left = moment - Date.now();
    if (left <= 0) return true;
    await wait(Math.min(left, LONGEST_PAUSE_MS), undefined, { signal }).catch(() => undefined);
  }
  return false;
}
