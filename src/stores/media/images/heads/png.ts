import { crc32 } from 'node:zlib';
import { type ImageSize, type Reading, sizeOf, type Want } from './reading.js';

const HEADER_BYTES = 13;
/** Length and type of a chunk. */
const CHUNK_BYTES = 8;
const SUM_BYTES = 4;
const MOST_CHUNK_BYTES = 0x7fffffff;
/** Decoders unpack all texts before the picture, a thousand bytes of each byte at most, and keep them. */
const MOST_PACKED_TEXT_BYTES = 64 * 1024;
/** A keyword, its end, and the byte that says whether the text behind it is packed. */
const KEYWORD_BYTES = 79 + 1 + 1;

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
  let packedBytes = 0;
  while (size && packedBytes <= MOST_PACKED_TEXT_BYTES) {
    const chunk = yield { take: CHUNK_BYTES };
    const type = chunk.toString('latin1', 4);
    if (type === 'IDAT') return size;
    const bytes = chunk.readUInt32BE();
    if (type === 'IEND' || bytes > MOST_CHUNK_BYTES) return undefined;
    const isPacked = type === 'zTXt' || (type === 'iTXt' && (yield* isPackedText(bytes)));
    if (isPacked) packedBytes += bytes;
    const left = type === 'iTXt' ? Math.max(bytes - KEYWORD_BYTES, 0) : bytes;
    yield { skip: left + SUM_BYTES };
  }
  return undefined;
}

/** Takes the beginning of an iTXt chunk. */
function* isPackedText(bytes: number): Generator<Want, boolean, Buffer> {
  const begin = yield { take: Math.min(bytes, KEYWORD_BYTES) };
  const end = begin.indexOf(0);
  return end !== -1 && begin[end + 1] !== 0;
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
