import { newestFirst, removeBackup, type StoredBackup } from './backup-folder.js';

/**
 * Removes all backups but the newest ones, and but the last that was verified.
 * @returns what was removed
 */
export async function keepNewest(out: string, keep: number): Promise<readonly StoredBackup[]> {
  const removed: StoredBackup[] = [];
  let kept = 0;
  let hasProof = false;
  for await (const backup of newestFirst(out)) {
    const isVerified = backup.manifest.verified_at !== null;
    if (kept < keep || (isVerified && !hasProof)) kept += 1;
    else removed.push(backup);
    if (isVerified) hasProof = true;
  }
  for (const backup of removed) await removeBackup(backup);
  return removed;
}
