import { readSync } from 'node:fs';
import {
  readWalHeader,
  type Sum,
  sumFrames,
  WAL_HEADER_BYTES,
  type WalFrame,
  type WalHeader,
} from './wal-frames.js';
import type { WalIndex } from './wal-index.js';

/** Of the frames that were read before, some are read again now and then. */
const AGAIN_EVERY_MS = 20;
const AGAIN_FRAMES = 128;
/** Read again at once where something seems to have been written to them: 16 MiB of usual pages. */
const MAX_FRAMES_AT_ONCE = 4096;

/**
 * The write-ahead log as recovery would find it after a crash: a chain of checksums from its header to
 * the last frame. What was read once is not read again with each look, but for the header, the last
 * frame, which a cut leaves with a hole, and some frames in turn.
 */
export class SqliteWal {
  #generation = '';
  #header: WalHeader | undefined;
  #frames = 0;
  #commits = 0;
  #sum: Sum = [0, 0];
  #sumBeforeLast: Sum = [0, 0];
  #again: { readonly frames: number; readonly sum: Sum; readonly at: number } | undefined;
  readonly #own = Buffer.allocUnsafeSlow(WAL_HEADER_BYTES);

  /** @param descriptor of `-wal`: SQLite locks nothing of that one */
  constructor(private readonly descriptor: number) {}

  /** Transactions that were committed since it was begun from the front. */
  get commits(): number {
    return this.#commits;
  }

  /**
   * @param isTouched whether all of it is to be read again
   * @param each called with every new frame
   * @returns whether a restart would find what the index says is committed
   */
  follow(index: WalIndex, isTouched: boolean, each: (frame: WalFrame) => void): boolean {
    // What the file holds then does not count.
    if (index.frames === 0) {
      this.#begin(index.generation, undefined);
      return true;
    }
    if (index.generation !== this.#generation || !this.#header) {
      const begun = readWalHeader(this.descriptor, index.generation, index.pageBytes);
      if (!begun) return false;
      this.#begin(index.generation, begun);
    }
    const header = this.#header;
    if (!header || !this.#hasHeader(header) || index.frames < this.#frames) return false;
    return this.#readAgain(header, isTouched) && this.#readOn(header, index, each);
  }

  #begin(generation: string, header: WalHeader | undefined): void {
    this.#generation = generation;
    this.#header = header;
    this.#frames = 0;
    this.#commits = 0;
    this.#sum = this.#sumBeforeLast = header?.sum ?? [0, 0];
    this.#again = undefined;
  }

  #hasHeader({ bytes }: WalHeader): boolean {
    const read = readSync(this.descriptor, this.#own, 0, WAL_HEADER_BYTES, 0);
    return read === WAL_HEADER_BYTES && this.#own.equals(bytes);
  }

  /** From the last frame that is known. */
  #readOn(
    header: WalHeader,
    { frames, checksum }: WalIndex,
    each: (frame: WalFrame) => void,
  ): boolean {
    let commits = 0;
    // What is known of the last one is read again, too.
    const range = { first: Math.max(1, this.#frames), last: frames, before: this.#sumBeforeLast };
    const read = sumFrames(this.descriptor, header, range, (frame) => {
      if (frame.no <= this.#frames) return;
      if (frame.isCommit) commits += 1;
      each(frame);
    });
    if (!read || !isSame(read.sum, checksum)) return false;
    this.#frames = frames;
    this.#commits += commits;
    this.#sum = read.sum;
    this.#sumBeforeLast = read.beforeLast;
    return true;
  }

  /** In slices, so that a long log holds nothing up. */
  #readAgain(header: WalHeader, isTouched: boolean): boolean {
    if (this.#frames === 0) return true;
    const now = performance.now();
    const again = this.#again ?? { frames: 0, sum: header.sum, at: -Infinity };
    const isAll = isTouched && this.#frames <= MAX_FRAMES_AT_ONCE;
    if (!isAll && now - again.at < AGAIN_EVERY_MS) return true;
    const from = isAll ? 0 : again.frames;
    const before = isAll ? header.sum : again.sum;
    const last = isAll ? this.#frames : Math.min(this.#frames, from + AGAIN_FRAMES);
    const read = sumFrames(this.descriptor, header, { first: from + 1, last, before });
    if (!read) return false;
    const isDone = last === this.#frames;
    if (isDone && !isSame(read.sum, this.#sum)) return false;
    this.#again = { frames: isDone ? 0 : last, sum: isDone ? header.sum : read.sum, at: now };
    return true;
  }
}

function isSame(one: Sum, other: Sum): boolean {
  return one[0] === other[0] && one[1] === other[1];
}
