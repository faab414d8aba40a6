import type { MediaFiles } from '../files/media-files.js';
import { assertOwnPlace } from '../health/shared-place.js';
import type { MediaObject, Scope } from '../objects/media-object.js';
import type { MediaObjectRepository } from '../objects/media-object.repository.js';
import type { MediaPlaces } from './cleanup.js';
import { inParallel } from './in-parallel.js';
import { findOrphans, ORPHAN_AGE_MS } from './orphans.js';

/** Rows of one question to the database. */
const PAGE = 500;
/** Files that are looked at, or removed, at once. */
const AT_ONCE = 16;
/** Of which the names are told; the rest is counted. */
const MOST_TOLD = 20;

/** What somebody may ask for. Files of a request that is under way change their names. */
const LASTING: ReadonlySet<Scope> = new Set<Scope>(['result', 'template']);

/** Things of one kind: how many, and the first ones' names. */
export interface Findings {
  readonly count: number;
  readonly paths: readonly string[];
}

export interface Fsck {
  /** Rows of results and templates that were looked at. */
  readonly rows: number;
  /** Live rows of results and templates whose files are not there: they are told, and left. */
  readonly missing: Findings;
  /** Of these, files of another size than their rows say: they are told, and left. */
  readonly damaged: Findings;
  /** Files older than `ORPHAN_AGE_MS` that no row needs. */
  readonly orphans: Findings & { readonly bytes: number; readonly removed: number };
}

/**
 * Compares rows and files, while the service may go on.
 * @param repair whether files that no row needs are removed; nothing else is touched
 * @param onProgress called after each step with the rows seen so far
 * @throws MEDIA_FILES_NOT_SHARED: files of another database are told by its rows
 */
export async function fsck(
  { objects, files, settings }: Omit<MediaPlaces, 'jobs'>,
  repair: boolean,
  onProgress: (rows: number) => void = () => undefined,
): Promise<Fsck> {
  await assertOwnPlace(files, settings);
  const missing = { count: 0, paths: [] as string[] };
  const damaged = { count: 0, paths: [] as string[] };
  let rows = 0;
  for await (const page of lastingRows(objects)) {
    await inParallel(page, AT_ONCE, async (row) => {
      const bytes = await bytesOf(files, row.path);
      if (bytes === row.bytes) return;
      // It may have been cleaned since it was read.
      const now = await objects.find(row.id);
      if (now && isLive(now)) add(bytes === null ? missing : damaged, row.path);
    });
    rows += page.length;
    onProgress(rows);
  }
  const orphans = { count: 0, paths: [] as string[], bytes: 0, removed: 0 };
  for await (const found of findOrphans(files, objects, Date.now() - ORPHAN_AGE_MS)) {
    for (const { path, bytes } of found) {
      add(orphans, path);
      orphans.bytes += bytes;
    }
    if (!repair) continue;
    await inParallel(found, AT_ONCE, ({ path }) => files.remove(path));
    orphans.removed += found.length;
  }
  return { rows, missing, damaged, orphans };
}

async function* lastingRows(
  objects: MediaObjectRepository,
): AsyncGenerator<readonly MediaObject[], void, undefined> {
  let after: string | null = null;
  for (;;) {
    const page: readonly MediaObject[] = await objects.liveAfter(after, PAGE);
    yield page.filter(isLive);
    if (page.length < PAGE) return;
    after = page.at(-1)?.path ?? null;
  }
}

function isLive({ scope, cleanedAt, expiresAt }: MediaObject): boolean {
  const isOver = expiresAt !== null && Date.parse(expiresAt) <= Date.now();
  return LASTING.has(scope) && cleanedAt === null && !isOver;
}

/** Null of a file that is not there. */
async function bytesOf(files: MediaFiles, path: string): Promise<number | null> {
  const content = await files.open(path, { start: 0, end: 0 });
  content?.destroy();
  return content?.fileBytes ?? null;
}

function add(findings: { count: number; readonly paths: string[] }, path: string): void {
  findings.count += 1;
  if (findings.paths.length < MOST_TOLD) findings.paths.push(path);
}
