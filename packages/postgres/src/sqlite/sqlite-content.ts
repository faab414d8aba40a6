import { SqliteHeader } from './sqlite-header.js';
import { SqliteWal } from './sqlite-wal.js';
import { readWalIndex, type WalIndex } from './wal-index.js';

const MAX_READS = 50;
/** A check of the whole file takes long where it is large. */
const SOUND_EVERY_MS = 1000;
const MAX_CHECKED_BYTES = 256 * 2 ** 20;

/** A file's last change; any other time says that it was written to. */
export interface Touched {
  /** Milliseconds since 1970, with fractions. */
  readonly mainMs: number;
  readonly mainBytes: number;
  readonly logMs: number;
}

/** Descriptors of the three files that are one database. */
export interface Descriptors {
  readonly main: number;
  readonly log: number;
  readonly index: number;
}

/**
 * Whether the files hold what was committed, as what opens them after a crash would find it. Their
 * index, which all processes share, says what that is.
 */
export class SqliteContent {
  readonly #wal: SqliteWal;
  readonly #header: SqliteHeader;
  readonly #index: number;
  #seen: WalIndex | undefined;
  #seenAt: Touched;
  #soundAt = -Infinity;

  /** @param isSound reads the database through a connection of its own, with nothing in its cache */
  constructor(
    { main, log, index }: Descriptors,
    touched: Touched,
    private readonly isSound: () => boolean,
  ) {
    this.#wal = new SqliteWal(log);
    this.#header = new SqliteHeader(main);
    this.#index = index;
    this.#seenAt = touched;
    // What is there now is where it begins.
    this.isWhole(touched);
  }

  /** @param touched as it was before this was asked */
  isWhole(touched: Touched): boolean {
    let failedAt: WalIndex | undefined;
    for (let look = 0; look < MAX_READS; look += 1) {
      const index = readWalIndex(this.#index);
      if (!index) return false;
      const isWhole = this.#compare(index, touched);
      if (isWhole) return true;
      // Others commit, checkpoint and begin the log anew meanwhile, by right: then the index has changed.
      const now = readWalIndex(this.#index);
      if (now && isSame(now, index) && failedAt && isSame(failedAt, index)) return false;
      failedAt = index;
    }
    return false;
  }

  #compare(index: WalIndex, touched: Touched): boolean {
    const seen = this.#seen;
    const isNew = seen?.generation !== index.generation;
    const isLogTouched =
      !isNew && seen.frames === index.frames && touched.logMs !== this.#seenAt.logMs;
    const isFound = this.#wal.follow(index, isLogTouched, (frame) => {
      this.#header.note(frame);
    });
    if (!isFound) return false;
    // Of a log that was begun anew, the end may not have been seen.
    const isGapless = seen && (!isNew || index.changes - seen.changes === this.#wal.commits);
    if (!this.#header.isKnown(isGapless === true)) return false;
    const isCheckpointed = isNew || seen.backfilled !== index.backfilled;
    if (isCheckpointed || touched.mainMs === this.#seenAt.mainMs) this.#seenAt = touched;
    else if (!this.#isSoundNow(touched)) return false;
    this.#seen = index;
    return true;
  }

  /**
   * The database file was written to, and no checkpoint is known to have ended. It may be under way, or
   * have been killed.
   */
  #isSoundNow(touched: Touched): boolean {
    if (touched.mainBytes <= MAX_CHECKED_BYTES) {
      const now = performance.now();
      // Until then it stays to be done.
      if (now - this.#soundAt < SOUND_EVERY_MS) {
        this.#seenAt = { ...touched, mainMs: this.#seenAt.mainMs };
        return true;
      }
      if (!this.isSound()) return false;
      this.#soundAt = now;
    }
    this.#seenAt = touched;
    return true;
  }
}

function isSame(one: WalIndex, other: WalIndex): boolean {
  return (
    one.generation === other.generation &&
    one.frames === other.frames &&
    one.backfilled === other.backfilled
  );
}
