import { ReasonError } from '../backup.reasons.js';

/** Of a file in an archive. */
export interface TarEntry {
  readonly path: string;
  readonly bytes: number;
}

const BLOCK = 512;
const MOST_NAME = 100;
/** Eleven octal digits. */
const MOST_BYTES = 8 ** 11 - 1;

/** What comes before the content of a file: a header of POSIX ustar, as every `tar` reads it. */
export function tarHeader({ path, bytes }: TarEntry): Buffer {
  if (Buffer.byteLength(path) > MOST_NAME || bytes > MOST_BYTES)
    throw new RangeError('the archive takes no such file');
  const header = Buffer.alloc(BLOCK);
  header.write(path, 0);
  header.write(`${octal(0o600, 7)}\0${octal(0, 7)}\0${octal(0, 7)}\0`, 100);
  header.write(`${octal(bytes, 11)}\0${octal(0, 11)}\0        0`, 124);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 6)}\0 `, 148);
  return header;
}

/** What comes after it. */
export function tarPadding({ bytes }: Pick<TarEntry, 'bytes'>): Buffer {
  return Buffer.alloc(paddingOf(bytes));
}

/** The end of an archive. */
export function tarEnd(): Buffer {
  return Buffer.alloc(2 * BLOCK);
}

/**
 * The files of an archive that these functions have written, one after the other; what is not read of the content of one
 * is skipped.
 * @throws BACKUP_INVALID for anything else
 */
export async function* readTar(
  source: AsyncIterable<Buffer>,
): AsyncGenerator<TarEntry & { readonly content: AsyncIterable<Buffer> }> {
  const bytes = new Bytes(source);
  try {
    for (;;) {
      const header = await bytes.block();
      if (header.every((byte) => byte === 0)) break;
      const entry = entryOf(header);
      const content = bytes.next(entry.bytes);
      yield { ...entry, content };
      for await (const _ of content);
      for await (const _ of bytes.next(paddingOf(entry.bytes)));
    }
    // To its end: what stands there is checked by whoever gives it.
    await bytes.rest();
  } finally {
    await bytes.close();
  }
}

function entryOf(header: Buffer): TarEntry {
  const path = header.toString('utf8', 0, MOST_NAME).replace(/\0.*$/s, '');
  const bytes = Number.parseInt(header.toString('latin1', 124, 135), 8);
  const isOurs = Number.isInteger(bytes) && tarHeader({ path, bytes }).equals(header);
  if (!isOurs) throw new ReasonError('BACKUP_INVALID', { detail: 'the archive has another form' });
  return { path, bytes };
}

/** Takes a stream of any pieces apart. */
class Bytes {
  readonly #pieces: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#pieces = source[Symbol.asyncIterator]();
  }

  async block(): Promise<Buffer> {
    const parts: Buffer[] = [];
    for await (const part of this.next(BLOCK)) parts.push(part);
    return Buffer.concat(parts);
  }

  /** So many; again, what is left of them. @throws BACKUP_INVALID where the stream ends before */
  next(count: number): AsyncIterable<Buffer> {
    let left = count;
    const take = async (): Promise<IteratorResult<Buffer>> => {
      if (left === 0) return { done: true, value: undefined };
      if (this.#held.length === 0 && !(await this.#more()))
        throw new ReasonError('BACKUP_INVALID', { detail: 'the archive ends too early' });
      const value = this.#held.subarray(0, left);
      this.#held = this.#held.subarray(value.length);
      left -= value.length;
      return { done: false, value };
    };
    return { [Symbol.asyncIterator]: () => ({ next: take }) };
  }

  async rest(): Promise<void> {
    while (await this.#more());
  }

  async close(): Promise<void> {
    await this.#pieces.return?.();
  }

  async #more(): Promise<boolean> {
    const piece = await this.#pieces.next();
    if (piece.done) return false;
    this.#held = piece.value;
    return true;
  }
}

function paddingOf(bytes: number): number {
  return (BLOCK - (bytes % BLOCK)) % BLOCK;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}
