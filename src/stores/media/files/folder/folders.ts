import { mkdir, open, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { BoundedCalls } from './bounded-calls.js';

/** Nobody else has to see people's photos. */
const OWNER_ALONE = 0o700;

const DAY_MS = 86_400_000;

/** Makes a folder and those above it, so that they outlive a power failure where that is asked for. */
export async function makeFolder(
  calls: BoundedCalls,
  folder: string,
  isDurable: boolean,
  signal?: AbortSignal,
): Promise<void> {
  const first = await calls.run(() => mkdir(folder, { recursive: true, mode: OWNER_ALONE }), {
    signal,
  });
  if (first === undefined || !isDurable) return;
  const above = dirname(first);
  for (let each = folder; ; each = dirname(each)) {
    await syncFolder(calls, each);
    if (each === above || each === dirname(each)) return;
  }
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
