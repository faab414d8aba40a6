import type { Manifest } from '../manifest.js';
import { isAheadOfTime, newestFirst, removeBackup, type StoredBackup } from './backup-folder.js';
import { areOfSame } from './same-database.js';

/**
 * Those beyond the newest ones, and without the last that was verified; of what is made of other databases, none.
 * @param newest all that are whole, the newest first
 * @param made the one that was made just now, which is the newest whatever the clock has said of the others
 */
export async function beyondNewest<Backup extends { readonly manifest: Manifest }>(
  newest: AsyncIterable<Backup>,
  keep: number,
  made: Manifest,
): Promise<readonly Backup[]> {
  const beyond: Backup[] = [];
  let kept = 1;
  let hasProof = made.verified_at !== null;
  for await (const backup of newest) {
    if (backup.manifest.id === made.id || !areOfSame(backup.manifest.databases, made.databases))
      continue;
    const isVerified = backup.manifest.verified_at !== null && !isAheadOfTime(backup);
    if (kept < keep || (isVerified && !hasProof)) kept += 1;
    else beyond.push(backup);
    if (isVerified) hasProof = true;
  }
  return beyond;
}

/** Removes those in the folder. @returns what was removed */
export async function keepNewest(
  out: string,
  keep: number,
  made: StoredBackup,
): Promise<readonly StoredBackup[]> {
  const removed = await beyondNewest(newestFirst(out), keep, made.manifest);
  for (const backup of removed) await removeBackup(backup);
  return removed;
}
