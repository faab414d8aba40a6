import { readSync } from 'node:fs';
import { endianness } from 'node:os';

/** https://sqlite.org/walformat.html */
export const WAL_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const MAGIC = 0x377f0682;
const VERSION = 3_007_000;
const FRAMES_AT_ONCE = 64;

/** The two words of a running checksum, signed. */
export type Sum = readonly [number, number];

/** What of a log the reading of its frames needs. */
export interface WalHeader {
  readonly bytes: Buffer;
  /** Whether checksums are of words in this machine's order: a file may come from another. */
  readonly isNative: boolean;
  readonly sum: Sum;
}

/** One frame: a page, as a transaction left it. */
export interface WalFrame {
  /** Counted from 1. */
  readonly no: number;
  readonly page: number;
  readonly isCommit: boolean;
  readonly content: Buffer;
}

/** @returns undefined where recovery would not take the log for one of the generation */
export function readWalHeader(
  descriptor: number,
  generation: string,
  pageBytes: number,
): WalHeader | undefined {
  const bytes = Buffer.allocUnsafeSlow(WAL_HEADER_BYTES);
  if (readSync(descriptor, bytes, 0, WAL_HEADER_BYTES, 0) < WAL_HEADER_BYTES) return undefined;
  const magic = bytes.readUInt32BE(0);
  if ((magic & ~1) >>> 0 !== MAGIC || bytes.readUInt32BE(4) !== VERSION) return undefined;
  if (bytes.readUInt32BE(8) !== pageBytes) return undefined;
  if (bytes.toString('latin1', 16, 24) !== generation) return undefined;
  const isNative = (magic & 1) === (endianness() === 'BE' ? 1 : 0);
  const sum = summed(inOrder(bytes.subarray(0, 24), isNative), [0, 0]);
  if (sum[0] !== bytes.readInt32BE(24) || sum[1] !== bytes.readInt32BE(28)) return undefined;
  return { bytes, isNative, sum };
}

/**
 * Reads frames as recovery would: each has the salts of the header, and a checksum of all before it.
 * @param first number of the first one; they count from 1
 * @param before the checksum of the frame before it, or the header's
 * @param each called with every frame; its content is overwritten by what is read later
 * @returns the checksum of the last one and of the one before; undefined where recovery would stop earlier
 */
export function sumFrames(
  descriptor: number,
  header: WalHeader,
  { first, last, before }: { readonly first: number; readonly last: number; readonly before: Sum },
  each?: (frame: WalFrame) => void,
): { readonly sum: Sum; readonly beforeLast: Sum } | undefined {
  const pageBytes = header.bytes.readUInt32BE(8);
  const frameBytes = FRAME_HEADER_BYTES + pageBytes;
  const buffer = bufferOf(Math.min(FRAMES_AT_ONCE, last - first + 1) * frameBytes);
  let sum = before;
  let beforeLast = before;
  for (let frame = first; frame <= last;) {
    const count = Math.min(FRAMES_AT_ONCE, last - frame + 1);
    const position = WAL_HEADER_BYTES + (frame - 1) * frameBytes;
    const length = count * frameBytes;
    if (readSync(descriptor, buffer, 0, length, position) < length) return undefined;
    for (let at = 0; at < length; at += frameBytes) {
      if (buffer.compare(header.bytes, 16, 24, at + 8, at + 16) !== 0) return undefined;
      beforeLast = sum;
      const start = summed(inOrder(buffer.subarray(at, at + 8), header.isNative), sum);
      const content = buffer.subarray(at + FRAME_HEADER_BYTES, at + frameBytes);
      sum = summed(inOrder(content, header.isNative), start);
      if (sum[0] !== buffer.readInt32BE(at + 16) || sum[1] !== buffer.readInt32BE(at + 20)) {
        return undefined;
      }
      const isCommit = buffer.readUInt32BE(at + 4) !== 0;
      const no = frame + at / frameBytes;
      each?.({ no, page: buffer.readUInt32BE(at), isCommit, content });
    }
    frame += count;
  }
  return { sum, beforeLast };
}

let shared = Buffer.allocUnsafeSlow(0);

/** One for all: nothing is read while something else is. */
function bufferOf(bytes: number): Buffer {
  if (shared.length < bytes) shared = Buffer.allocUnsafeSlow(bytes);
  return shared;
}

function inOrder(bytes: Buffer, isNative: boolean): Int32Array {
  const own = isNative ? bytes : Buffer.from(bytes).swap32();
  // Pages and headers of frames are at multiples of 4 of a buffer of their own.
  if (own.byteOffset % 4 === 0) return new Int32Array(own.buffer, own.byteOffset, own.length / 4);
  return new Int32Array(new Uint8Array(own).buffer);
}

function summed(words: Int32Array, [first, second]: Sum): Sum {
  let a = first | 0;
  let b = second | 0;
  // Each step within 32 bits: of a longer sum V8 makes one of doubles, which takes eight times as long.
  for (let at = 0; at < words.length; at += 2) {
    a = (((a + (words[at] ?? 0)) | 0) + b) | 0;
    b = (((b + (words[at + 1] ?? 0)) | 0) + a) | 0;
  }
  return [a, b];
}
