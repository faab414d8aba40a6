import { mkdir, open, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BoundedCalls } from './bounded-calls.js';

/** Nobody else has to see people's photos. */
const OWNER_ALONE = 0o700;

const DAY_MS = 86_400_000;

/** Makes the root and those above it, so that they outlive a power failure. */
export async function makeRoot(
  calls: BoundedCalls,
  folder: string,
  signal?: AbortSignal,
): Promise<void> {
  const first = await calls.run(() => mkdir(folder, { recursive: true, mode: OWNER_ALONE }), {
    signal,
  });
  if (first === undefined) return;
  const above = dirname(first);
  for (let each = folder; ; each = dirname(each)) {
    await syncFolder(calls, each);
    if (each === above || each === dirname(each)) return;
  }
}

/**
 * As `makeRoot`, of a folder below it, whoever is the first to need it; where the root is not there, nothing is made.
 * @throws MEDIA_FILES_UNAVAILABLE, also for a root that is gone
 */
export async function makeFolderBelow(
  calls: BoundedCalls,
  root: string,
  folder: string,
  signal?: AbortSignal,
): Promise<void> {
  const made = await calls.run(() => makeBelow(root, folder), { signal });
  for (const each of made) await syncFolder(calls, each);
  const first = made.at(-1);
  if (first !== undefined) await syncFolder(calls, dirname(first));
}

/** @returns what was made, the deepest first */
async function makeBelow(root: string, folder: string): Promise<readonly string[]> {
  try {
    await mkdir(folder, { mode: OWNER_ALONE });
    return [folder];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return [];
    if (code !== 'ENOENT' || dirname(folder) === root) throw error;
  }
  const above = await makeBelow(root, dirname(folder));
  return [...(await makeBelow(root, folder)), ...above];
}

/** Has the names in a folder survive a power failure. */
export async function syncFolder(calls: BoundedCalls, folder: string): Promise<void> {
  await calls.run(async () => {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  });
}

/** Removes the folder of a day that is over, if nothing is left in it. */
export async function removeEmptyDay(calls: BoundedCalls, folder: string): Promise<void> {
  const day = Date.parse(folder.slice(-'yyyy-mm-dd'.length));
  // Until clocks that are wrong by hours have come to the next one, too, it may be written into.
  if (!(Date.now() - day > 2 * DAY_MS)) return;
  await calls.run(() => rmdir(folder)).catch(() => undefined);
}

/** Removes the folder of the day whose files nobody writes any more, where no file was stored on that day. */
export async function removeUnusedDay(calls: BoundedCalls, scopeFolder: string): Promise<void> {
  const day = new Date(Date.now() - 3 * DAY_MS).toISOString().slice(0, 10);
  await removeEmptyDay(calls, join(scopeFolder, day));
}
