import { readSync } from 'node:fs';
import { endianness } from 'node:os';

/** https://sqlite.org/walformat.html#the_wal_index_header */
const COPY_BYTES = 48;
const BYTES = 100;
const VERSION = 3_007_000;
const LOOKS = 1000;

/** What the index of a write-ahead log says is committed; processes share it in `-shm`. */
export interface WalIndex {
  /** The salts as bytes of the log's header, as `latin1`: others with each beginning from the front. */
  readonly generation: string;
  /** How many frames of the log count. */
  readonly frames: number;
  /** Checksum of the last frame, as two signed words. */
  readonly checksum: readonly [number, number];
  readonly pageBytes: number;
  /** One more with each transaction that is committed, by anybody. */
  readonly changes: number;
  /** How many of the frames the database file has, too. */
  readonly backfilled: number;
}

const buffer = Buffer.alloc(BYTES);
const isBig = endianness() === 'BE';
const word = (at: number) => (isBig ? buffer.readUInt32BE(at) : buffer.readUInt32LE(at));

/**
 * @param descriptor of `-shm`
 * @returns undefined where there is none that SQLite would believe: it would make it anew from the log
 */
export function readWalIndex(descriptor: number): WalIndex | undefined {
  // Who commits writes the second copy, then the first.
  for (let look = 0; look < LOOKS; look += 1) {
    if (readSync(descriptor, buffer, 0, BYTES, 0) < BYTES) return undefined;
    if (buffer.compare(buffer, 0, COPY_BYTES, COPY_BYTES, 2 * COPY_BYTES) === 0) return parsed();
  }
  return undefined;
}

function parsed(): WalIndex | undefined {
  if (word(0) !== VERSION || buffer[12] !== 1) return undefined;
  const size = isBig ? buffer.readUInt16BE(14) : buffer.readUInt16LE(14);
  return {
    generation: buffer.toString('latin1', 32, 40),
    frames: word(16),
    checksum: [word(24) | 0, word(28) | 0],
    // 65536 does not fit into 16 bits, and is written as 1.
    pageBytes: (size & 0xfe00) + ((size & 1) << 16),
    changes: word(8),
    backfilled: word(2 * COPY_BYTES),
  };
}
