import { setTimeout as wait } from 'node:timers/promises';
import type { Lease } from '@holdfast/core/lease';
import type { MediaFiles } from '../files/media-files.js';
import type { JobRepository } from '../jobs/job.repository.js';
import { ReasonError } from '../media.reasons.js';
import { assertOwnPlace } from '../health/shared-place.js';
import type { MediaObjectRepository } from '../objects/media-object.repository.js';
import type { SettingRepository } from '../settings/setting.repository.js';
import { inParallel } from './in-parallel.js';
import { findOrphans, ORPHAN_AGE_MS } from './orphans.js';

/** Rows that are marked, and jobs that are ended, by one statement: nobody waits long for its locks. */
const BATCH = 500;
/** Files that are removed at once: a bucket answers each after some milliseconds. */
const REMOVED_AT_ONCE = 16;
/** Lets others at the tables between two batches. */
const PAUSE_MS = 5;
/**
 * Milliseconds for which a job is left alone after its deadline: the process that has it writes its end, and clocks
 * differ.
 */
export const OVERDUE_GRACE_MS = 30_000;

/** Where the media store keeps what it knows, and its files. */
export interface MediaPlaces {
  readonly jobs: JobRepository;
  readonly objects: MediaObjectRepository;
  readonly files: MediaFiles;
  /** Of all replicas, which say what the place is; undefined for a store in memory. */
  readonly settings: SettingRepository | undefined;
}

/** What was done, or would be. */
export interface Cleaned {
  /** Jobs of processes that were killed, which have ended as `timeout`. */
  readonly overdueJobs: number;
  /** Expired files, and their bytes. */
  readonly files: number;
  readonly bytes: number;
  /** Files that no row needs. */
  readonly orphans: number;
}

export interface CleanupOptions {
  readonly lease: Lease;
  /** Whether all files are looked through for those that no row needs: a long way, in a bucket. */
  readonly withOrphans: boolean;
  readonly signal?: AbortSignal;
  /** Called after each batch with what has been done so far. */
  readonly onBatch?: (soFar: Cleaned) => void;
}

/**
 * Ends overdue jobs, marks the rows of expired files and removes these, one bounded batch after another. Whatever
 * interrupts it, the next run goes on: what was marked and not removed is a file that no row needs.
 * @throws PURGE_UNDER_WAY when another process cleans up, PURGE_LEASE_LOST; MEDIA_FILES_UNAVAILABLE and
 * MEDIA_FILES_NOT_SHARED before a row of a file is marked, or a file is removed
 */
export async function cleanUp(places: MediaPlaces, options: CleanupOptions): Promise<Cleaned> {
  const { lease, signal, onBatch } = options;
  if (!(await lease.hold())) throw new ReasonError('PURGE_UNDER_WAY');
  const done = { overdueJobs: 0, files: 0, bytes: 0, orphans: 0 };
  try {
    for await (const batch of batches(places, options)) {
      for (const kind of Object.keys(batch) as (keyof Cleaned)[]) done[kind] += batch[kind] ?? 0;
      onBatch?.({ ...done });
      if (signal?.aborted) break;
      if (!(await lease.hold())) throw new ReasonError('PURGE_LEASE_LOST');
      await wait(PAUSE_MS);
    }
  } catch (error) {
    // The first error is the one to tell; a lease that cannot be released ends by itself.
    await lease.release().catch(() => undefined);
    throw error;
  }
  await lease.release();
  return done;
}

/**
 * What a cleanup that looks through all files would do at this moment. Changes nothing.
 * @throws MEDIA_FILES_UNAVAILABLE, MEDIA_FILES_NOT_SHARED
 */
export async function countCleanable({
  jobs,
  objects,
  files,
  settings,
}: MediaPlaces): Promise<Cleaned> {
  const overdueJobs = await jobs.countOverdue(overdueBefore());
  await assertOwnPlace(files, settings);
  const expired = await objects.countExpired(new Date().toISOString());
  let orphans = 0;
  for await (const found of findOrphans(files, objects, Date.now() - ORPHAN_AGE_MS))
    orphans += found.length;
  return { overdueJobs, files: expired.rows, bytes: expired.bytes, orphans };
}

/** Jobs whose deadline was before this moment have been ended by nobody, and will not be. */
function overdueBefore(): string {
  return new Date(Date.now() - OVERDUE_GRACE_MS).toISOString();
}

async function* batches(
  { jobs, objects, files, settings }: MediaPlaces,
  { withOrphans }: CleanupOptions,
): AsyncGenerator<Partial<Cleaned>, void, undefined> {
  for (let overdueJobs = BATCH; overdueJobs === BATCH;) {
    overdueJobs = await jobs.endOverdue(overdueBefore(), BATCH);
    yield { overdueJobs };
  }
  await assertOwnPlace(files, settings);
  yield* expiredFiles({ objects, files });
  if (!withOrphans) return;
  for await (const found of findOrphans(files, objects, Date.now() - ORPHAN_AGE_MS)) {
    await inParallel(found, REMOVED_AT_ONCE, ({ path }) => files.remove(path));
    yield { orphans: found.length };
  }
}

/** Marks rows and removes their files, batch by batch. @param slotId of this slot alone */
export async function* expiredFiles(
  { objects, files }: Pick<MediaPlaces, 'objects' | 'files'>,
  slotId?: string,
): AsyncGenerator<Pick<Cleaned, 'files' | 'bytes'>, void, undefined> {
  for (let count = BATCH; count === BATCH;) {
    const marked = await objects.markExpired(new Date().toISOString(), BATCH, slotId);
    count = marked.length;
    await inParallel(marked, REMOVED_AT_ONCE, ({ path }) => files.remove(path));
    yield { files: count, bytes: marked.reduce((sum, { bytes }) => sum + bytes, 0) };
  }
}
