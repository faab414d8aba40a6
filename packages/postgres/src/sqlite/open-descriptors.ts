import { closeSync, fstatSync, openSync } from 'node:fs';

/** By device and inode. */
const descriptors = new Map<string, number>();

/**
 * A descriptor for reading a file that SQLite has locked. It stays open as long as anything of its name
 * does: POSIX takes a process's locks on a file away with the first descriptor of it that is closed, also
 * those that SQLite holds through another (https://sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
 * @param of what the path leads to
 * @returns undefined where the path does not lead there any more, or may not be read
 */
export function keepOpen(
  path: string,
  of: { readonly device: number; readonly inode: number },
): number | undefined {
  releaseUnlinked();
  const key = `${of.device}:${of.inode}`;
  const known = descriptors.get(key);
  if (known !== undefined) return known;
  const descriptor = openOrNone(path);
  if (descriptor === undefined) return undefined;
  const { dev, ino } = fstatSync(descriptor);
  // It is kept, too, whatever it is: another program may have locked it.
  descriptors.set(`${dev}:${ino}`, descriptor);
  return descriptors.get(key);
}

function openOrNone(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch {
    return undefined;
  }
}

/** These cannot be opened again, and what still has one open writes nothing that it acknowledges. */
function releaseUnlinked(): void {
  for (const [key, descriptor] of descriptors) {
    if (fstatSync(descriptor).nlink > 0) continue;
    descriptors.delete(key);
    closeSync(descriptor);
  }
}
