import { type ImageSize, type Reading, sizeOf } from './reading.js';

/** Baseline, extended and progressive, each by Huffman or arithmetic coding: what decoders of photos know. */
const FRAMES: ReadonlySet<number> = new Set([0xc0, 0xc1, 0xc2, 0xc9, 0xca]);
/** Lossless and hierarchical ones, which they do not. */
const OTHER_FRAMES: ReadonlySet<number> = new Set([0xc3, 0xc5, 0xc6, 0xc7, 0xcb, 0xcd, 0xce, 0xcf]);
const BEGIN = 0xd8;
const END = 0xd9;
const SCAN = 0xda;

/** Precision, height, width, number of components. */
const FRAME_BYTES = 6;

/** From behind the first two markers' 0xFF on: past whatever a camera writes, to the frame and its first scan. */
export function* jpegHead(): Reading {
  let size: ImageSize | undefined;
  for (let isFirst = true; ; isFirst = false) {
    // What is between two segments is passed over, as decoders do.
    if (!isFirst) yield { past: 0xff };
    let marker = 0xff;
    while (marker === 0xff) marker = (yield { take: 1 }).readUInt8();
    if (marker === SCAN) return size;
    if (marker === BEGIN || marker === END || OTHER_FRAMES.has(marker)) return undefined;
    if (standsAlone(marker)) continue;
    const bytes = (yield { take: 2 }).readUInt16BE() - 2;
    if (bytes < 0) return undefined;
    if (!FRAMES.has(marker)) {
      yield { skip: bytes };
      continue;
    }
    if (size || bytes < FRAME_BYTES) return undefined;
    size = frameSize(yield { take: FRAME_BYTES }, bytes);
    if (!size) return undefined;
    yield { skip: bytes - FRAME_BYTES };
  }
}

function standsAlone(marker: number): boolean {
  return marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd7);
}

function frameSize(frame: Buffer, bytes: number): ImageSize | undefined {
  const components = frame.readUInt8(5);
  const isKnown = frame.readUInt8(0) === 8 && components >= 1 && components <= 4;
  if (!isKnown || bytes !== FRAME_BYTES + 3 * components) return undefined;
  return sizeOf(frame.readUInt16BE(3), frame.readUInt16BE(1));
}
