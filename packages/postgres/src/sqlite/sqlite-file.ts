import { lstatSync, realpathSync, type Stats } from 'node:fs';
import { ReasonError } from '../reasons.js';
import { keepOpen } from './open-descriptors.js';
import { SqliteContent, type Touched } from './sqlite-content.js';

/** What a name leads to: another file under the same name differs. */
interface Place {
  readonly name: string;
  readonly device: number;
  readonly inode: number;
}

/**
 * The file of a connection that is open, as what opens its path next would find it: the database with
 * its log and the log's index, which belong together. A connection goes on with what it has opened,
 * also when no path leads there any more, and with what it remembers of files that others have written
 * over: what it writes then is not found again.
 */
export class SqliteFile {
  readonly #path: string;
  /** Where the path has led to; SQLite puts the other files next to that. */
  readonly #target: string;
  readonly #places: readonly Place[];
  readonly #content: SqliteContent | undefined;
  #size: number;
  #isReplaced = false;
  #isCorrupt = false;

  /**
   * @param path as it was opened, by a connection that has read: then all files are there
   * @param isAlive reads the database through a connection of its own
   */
  constructor(path: string, isSound: () => boolean) {
    this.#path = path;
    this.#target = targetOf(path) ?? path;
    const names = [this.#target, `${this.#target}-wal`, `${this.#target}-shm`];
    this.#places = names.flatMap((name) => placeOf(name) ?? []);
    const [main, log, index] = this.#places.map((place) => keepOpen(place.name, place));
    const stats = this.#stats();
    this.#size = stats?.[0]?.size ?? 0;
    // Where SQLite keeps no log, on a file system without shared memory, the names are what is known.
    if (stats && main !== undefined && log !== undefined && index !== undefined)
      this.#content = new SqliteContent({ main, log, index }, touchedOf(stats), isSound);
  }

  /** For good, once it was found so: a file that comes back is not the one that was written to meanwhile. */
  get isReplaced(): boolean {
    this.#isReplaced ||= !this.#isInPlace();
    return this.#isReplaced;
  }

  /** Whether it was written over, so that nothing of the log may get into the database file any more. */
  get isCorrupt(): boolean {
    return this.#isCorrupt;
  }

  /** @throws SQLITE_FILE_REPLACED */
  assertInPlace(): void {
    if (this.isReplaced) throw new ReasonError('SQLITE_FILE_REPLACED');
  }

  #isInPlace(): boolean {
    if (targetOf(this.#path) !== this.#target) return false;
    const stats = this.#stats();
    if (!stats) return false;
    const size = stats[0]?.size ?? 0;
    // It only grows: VACUUM is for a time when nothing else has the file open.
    this.#isCorrupt = size < this.#size || this.#content?.isWhole(touchedOf(stats)) === false;
    this.#size = size;
    return !this.#isCorrupt;
  }

  /** @returns undefined where a name leads to something else */
  #stats(): readonly Stats[] | undefined {
    const stats = this.#places.flatMap(({ name, device, inode }) => {
      const now = lstatSync(name, { throwIfNoEntry: false });
      return now?.ino === inode && now.dev === device ? [now] : [];
    });
    return stats.length === this.#places.length ? stats : undefined;
  }
}

function touchedOf([main, log]: readonly Stats[]): Touched {
  return {
    mainMs: main?.mtimeMs ?? 0,
    mainBytes: main?.size ?? 0,
    logMs: log?.mtimeMs ?? 0,
  };
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
