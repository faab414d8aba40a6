import { isAheadOfTime, newestFirst, removeBackup, type StoredBackup } from './backup-folder.js';

/**
 * Removes all backups but the newest ones, and but the last that was verified.
 * @param made the one that was made just now, which is the newest whatever the clock has said of the others
 * @returns what was removed
 */
export async function keepNewest(
  out: string,
  keep: number,
  made: StoredBackup,
): Promise<readonly StoredBackup[]> {
  const removed: StoredBackup[] = [];
  let kept = 1;
  let hasProof = made.manifest.verified_at !== null;
  for await (const backup of newestFirst(out)) {
    if (backup.folder === made.folder) continue;
    const isVerified = backup.manifest.verified_at !== null && !isAheadOfTime(backup);
    if (kept < keep || (isVerified && !hasProof)) kept += 1;
    else removed.push(backup);
    if (isVerified) hasProof = true;
  }
  for (const backup of removed) await removeBackup(backup);
  return removed;
}
