import { lstatSync, realpathSync } from 'node:fs';
import { ReasonError } from '../reasons.js';

/** What a name leads to: another file under the same name differs. */
interface Place {
  readonly name: string;
  readonly device: number;
  readonly inode: number;
}

/**
 * The file of a connection that is open, as whoever opens its path next would find it: the database with
 * its log and the log's index, which belong together. A connection goes on with what it has opened,
 * also when no path leads there any more: what it writes then, nobody finds again.
 */
export class SqliteFile {
  readonly #path: string;
  /** Where the path has led to; SQLite puts the other files next to that. */
  readonly #target: string;
  readonly #places: readonly Place[];
  #size: number;
  #isReplaced = false;

  /** @param path as it was opened, by a connection that has read: then all files are there */
  constructor(path: string) {
    this.#path = path;
    this.#target = targetOf(path) ?? path;
    const names = [this.#target, `${this.#target}-wal`, `${this.#target}-shm`];
    this.#places = names.flatMap((name) => placeOf(name) ?? []);
    this.#size = sizeOf(this.#target);
  }

  /** For good, once it was found so: a file that comes back is not the one that was written to meanwhile. */
  get isReplaced(): boolean {
    this.#isReplaced ||= !this.#isInPlace();
    return this.#isReplaced;
  }

  /** @throws SQLITE_FILE_REPLACED */
  assertInPlace(): void {
    if (this.isReplaced) throw new ReasonError('SQLITE_FILE_REPLACED');
  }

  #isInPlace(): boolean {
    if (targetOf(this.#path) !== this.#target) return false;
    const isSame = this.#places.every(({ name, device, inode }) => {
      const now = lstatSync(name, { throwIfNoEntry: false });
      return now?.ino === inode && now.dev === device;
    });
    const size = sizeOf(this.#target);
    // It only grows: VACUUM is for a time when nobody else has the file open.
    if (!isSame || size < this.#size) return false;
    this.#size = size;
    return true;
  }
}

/** Follows a link, which SQLite does too; undefined when there is nothing. */
function targetOf(path: string): string | undefined {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return path;
  try {
    return realpathSync(path);
  } catch {
    // A link that leads nowhere is no file.
    return undefined;
  }
}

function placeOf(name: string): Place | undefined {
  const found = lstatSync(name, { throwIfNoEntry: false });
  return found && { name, device: found.dev, inode: found.ino };
}

function sizeOf(name: string): number {
  return lstatSync(name, { throwIfNoEntry: false })?.size ?? 0;
}
