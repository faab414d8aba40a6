import type { BackupContext } from '../context.js';

/**
 * Works with a backup in a folder: its own, or one that it is downloaded into and that is gone afterwards.
 * @param place a folder, or `s3://BUCKET/PREFIX/ID`
 * @throws BACKUP_INVALID, BACKUP_STORAGE_INVALID, BACKUP_STORAGE_FAILED, BACKUP_NOT_WRITTEN
 */
export async function withBackupFolder<T>(
  context: BackupContext,
  place: string,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  if (!place.startsWith('s3://')) return work(place);
  const { withDownload } = await import('./download.js');
  return withDownload(context, place, work);
}
