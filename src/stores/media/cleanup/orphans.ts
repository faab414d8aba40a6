import type { FoundFile, MediaFiles } from '../files/media-files.js';
import type { MediaObjectRepository } from '../objects/media-object.repository.js';

/**
 * Milliseconds for which a file may be without a row: a request takes 60 seconds at most, and the clocks of bucket and
 * service may differ by minutes.
 */
export const ORPHAN_AGE_MS = 900_000;

/** Of one question to the database. */
const CHUNK = 500;

/**
 * Files that no row needs: of processes that were killed, and of rows that have been marked. Younger ones may belong
 * to a request that is under way.
 * @param olderThan when they were written at the latest, in UTC milliseconds
 */
export async function* findOrphans(
  files: MediaFiles,
  objects: MediaObjectRepository,
  olderThan: number,
): AsyncGenerator<readonly FoundFile[], void, undefined> {
  let chunk: FoundFile[] = [];
  for await (const file of files.list()) {
    if (file.modifiedAt.getTime() >= olderThan) continue;
    chunk.push(file);
    if (chunk.length < CHUNK) continue;
    yield await withoutRow(objects, chunk);
    chunk = [];
  }
  if (chunk.length > 0) yield await withoutRow(objects, chunk);
}

async function withoutRow(
  objects: MediaObjectRepository,
  files: readonly FoundFile[],
): Promise<readonly FoundFile[]> {
  const live = await objects.liveAmong(files.map(({ path }) => path));
  return files.filter(({ path }) => !live.has(path));
}
