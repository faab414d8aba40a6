import { crc32 } from 'node:zlib';
import { type ImageSize, type Reading, sizeOf } from './reading.js';

const HEADER_BYTES = 13;
/** Length and type of a chunk. */
const CHUNK_BYTES = 8;
const SUM_BYTES = 4;
const MOST_CHUNK_BYTES = 0x7fffffff;

/** Bits a sample by the type of colour: grey, colour, palette, and both of the first with transparency. */
const DEPTHS: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

/** From behind the signature on: the header, whose sum is compared, and what comes before the picture. */
export function* pngHead(): Reading {
  const size = headerSize(yield { take: CHUNK_BYTES + HEADER_BYTES + SUM_BYTES });
  while (size) {
    const chunk = yield { take: CHUNK_BYTES };
    const type = chunk.toString('latin1', 4);
    if (type === 'IDAT') return size;
    const bytes = chunk.readUInt32BE();
    if (type === 'IEND' || bytes > MOST_CHUNK_BYTES) return undefined;
    yield { skip: bytes + SUM_BYTES };
  }
  return undefined;
}

function headerSize(chunk: Buffer): ImageSize | undefined {
  const end = CHUNK_BYTES + HEADER_BYTES;
  const isHeader =
    chunk.readUInt32BE() === HEADER_BYTES && chunk.toString('latin1', 4, 8) === 'IHDR';
  if (!isHeader || crc32(chunk.subarray(4, end)) !== chunk.readUInt32BE(end)) return undefined;
  const [depth = 0, colour = 0, compression, filter, interlace = 0] = chunk.subarray(16, end);
  const isKnown = DEPTHS[colour]?.includes(depth) && compression === 0 && filter === 0;
  if (!isKnown || interlace > 1) return undefined;
  return sizeOf(chunk.readUInt32BE(8), chunk.readUInt32BE(12));
}
