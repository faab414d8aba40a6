import { type BigIntStats, closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';

/** What every file begins with. */
const MAGIC = 'SQLite format 3\0';
const HEADER_BYTES = 100;
const PAGE_SIZE_AT = 16;
const RESERVED_AT = 20;
/** The page size that two bytes cannot say. */
const LARGEST_PAGE = 65_536;
const SMALLEST_PAGE = 512;

/** What is read at once where pages follow one another, bytes. */
const MOST_READ = 256 * 1024;

/** A page, until another one is read. */
export interface Page {
  readonly bytes: Buffer;
  readonly view: DataView;
  /** Where it begins there. */
  readonly start: number;
  /** Behind the last byte that is used. */
  readonly end: number;
}

/** The pages of a file cannot be made out: SQLite itself has to say what it holds. */
export class NotUnderstood extends Error {}

/**
 * The file of an SQLite database (https://www.sqlite.org/fileformat2.html), page by page. Whoever reads it has a snapshot
 * that keeps the pages as they are, and closes this file last: on POSIX systems closing it gives up every lock that the
 * process has on it.
 */
export class PageFile {
  private constructor(
    private readonly descriptor: number,
    private readonly pageSize: number,
    private readonly usableSize: number,
  ) {}

  /**
   * @param identity what `identityOf` says of the file that is meant
   * @returns undefined where another one is there now, or none that can be opened
   */
  static open(path: string, identity: string): PageFile | undefined {
    let descriptor: number;
    try {
      descriptor = openSync(path, 'r');
    } catch {
      return undefined;
    }
    if (identityText(fstatSync(descriptor, { bigint: true })) !== identity) {
      closeSync(descriptor);
      return undefined;
    }
    const header = Buffer.alloc(HEADER_BYTES);
    readSync(descriptor, header, 0, HEADER_BYTES, 0);
    const said = header.readUInt16BE(PAGE_SIZE_AT);
    const pageSize = said === 1 ? LARGEST_PAGE : said;
    const isKnown = header.toString('latin1', 0, MAGIC.length) === MAGIC;
    const usableSize = pageSize - header.readUInt8(RESERVED_AT);
    return new PageFile(descriptor, isKnown ? pageSize : 0, usableSize);
  }

  /** For one reader: what another one reads does not change its pages. */
  reader(): PageReader {
    const { descriptor, pageSize, usableSize } = this;
    return new PageReader(descriptor, pageSize, usableSize);
  }

  close(): void {
    closeSync(this.descriptor);
  }
}

/** What tells a file from one that is put in its place. */
export function identityOf(path: string): string {
  return identityText(statSync(path, { bigint: true }));
}

function identityText({ dev, ino }: BigIntStats): string {
  return `${dev} ${ino}`;
}

/** Reads pages one after the other. */
export class PageReader {
  readonly #bytes = Buffer.allocUnsafe(MOST_READ);
  readonly #view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, MOST_READ);
  /** Pages that were read last. */
  #first = 0;
  #count = 0;
  #wanted = 1;

  /** @param pageSize bytes; 0 for a file that is none of SQLite's */
  constructor(
    private readonly descriptor: number,
    private readonly pageSize: number,
    private readonly usableSize: number,
  ) {}

  /** @param number from 1 on @throws NotUnderstood where there is none, the system's error */
  page(number: number): Page {
    const { pageSize } = this;
    if (number < 1 || pageSize < SMALLEST_PAGE) throw new NotUnderstood();
    if (number < this.#first || number >= this.#first + this.#count) this.#read(number);
    const start = (number - this.#first) * pageSize;
    return { bytes: this.#bytes, view: this.#view, start, end: start + this.usableSize };
  }

  /** The more follow one another, the more are read at once. */
  #read(number: number): void {
    const { pageSize } = this;
    const isNext = number === this.#first + this.#count;
    this.#wanted = isNext ? Math.min(2 * this.#wanted, MOST_READ / pageSize) : 1;
    const bytes = this.#wanted * pageSize;
    const read = readSync(this.descriptor, this.#bytes, 0, bytes, (number - 1) * pageSize);
    this.#first = number;
    this.#count = Math.floor(read / pageSize);
    if (this.#count === 0) throw new NotUnderstood();
  }
}
