import { readSync } from 'node:fs';
import type { WalFrame } from './wal-frames.js';

/** https://sqlite.org/fileformat.html#the_database_header */
const BYTES = 100;
/** What no transaction changes: the magic, sizes and versions. */
const FIXED_BYTES = 24;
/** What one sets that was 0, and none changes: the schema's format, the encoding, the application. */
const SET_ONCE = [44, 56, 68];

/**
 * The first bytes of the database file. They change with a checkpoint alone, into what a transaction has
 * left of the first page in the log; so another database in the same file differs.
 */
export class SqliteHeader {
  readonly #buffer = Buffer.allocUnsafeSlow(BYTES);
  /** What they may be, in the order of the transactions. */
  #known: string[];

  /** @param descriptor of the database file, held: see `hold` */
  constructor(private readonly descriptor: number) {
    this.#known = [this.#read()];
  }

  /** A frame that has come to the log. */
  note({ page, content }: WalFrame): void {
    if (page === 1) this.#known.push(content.toString('latin1', 0, BYTES));
  }

  /** @param isGapless whether every transaction of others was noted, too */
  isKnown(isGapless: boolean): boolean {
    const now = this.#read();
    const found = this.#known.lastIndexOf(now);
    if (found > 0) this.#known = this.#known.slice(found);
    if (found >= 0) return true;
    if (isGapless || !isLike(now, this.#known.at(-1) ?? '')) return false;
    this.#known.unshift(now);
    return true;
  }

  #read(): string {
    const length = readSync(this.descriptor, this.#buffer, 0, BYTES, 0);
    return this.#buffer.toString('latin1', 0, length);
  }
}

function isLike(now: string, before: string): boolean {
  return (
    now.slice(0, FIXED_BYTES) === before.slice(0, FIXED_BYTES) &&
    SET_ONCE.every((at) => {
      const was = before.slice(at, at + 4);
      return was === '\0\0\0\0' || was === now.slice(at, at + 4);
    })
  );
}
