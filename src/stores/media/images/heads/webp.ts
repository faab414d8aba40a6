import { type ImageSize, type Reading, sizeOf } from './reading.js';

/** Of what a lossy frame says of itself. */
const LOSSY_BYTES = 10;
const LOSSLESS_BYTES = 5;
const CANVAS_BYTES = 10;
const LOSSLESS_MARK = 0x2f;
/** Behind the three bytes of a frame's tag. */
const LOSSY_MARK = Buffer.from([0x9d, 0x01, 0x2a]);

/** From behind the twelve bytes of the container on, to the picture, or to the first frame of an animation. */
export function* webpHead(): Reading {
  let canvas: ImageSize | undefined;
  for (;;) {
    const chunk = yield { take: 8 };
    const type = chunk.toString('latin1', 0, 4);
    const bytes = chunk.readUInt32LE(4);
    if (type === 'VP8 ') return fitting(canvas, lossySize(yield { take: LOSSY_BYTES }));
    if (type === 'VP8L') return fitting(canvas, losslessSize(yield { take: LOSSLESS_BYTES }));
    if (type === 'ANMF') return canvas;
    let left = bytes + (bytes % 2);
    if (!canvas) {
      if (type !== 'VP8X' || bytes < CANVAS_BYTES) return undefined;
      canvas = canvasSize(yield { take: CANVAS_BYTES });
      left -= CANVAS_BYTES;
    }
    yield { skip: left };
  }
}

/** A still picture is as large as its canvas. */
function fitting(
  canvas: ImageSize | undefined,
  frame: ImageSize | undefined,
): ImageSize | undefined {
  const isSame = canvas?.width === frame?.width && canvas?.height === frame?.height;
  return canvas && !isSame ? undefined : frame;
}

function canvasSize(chunk: Buffer): ImageSize | undefined {
  return sizeOf(chunk.readUIntLE(4, 3) + 1, chunk.readUIntLE(7, 3) + 1);
}

function lossySize(frame: Buffer): ImageSize | undefined {
  const isKey = (frame.readUInt8(0) & 1) === 0 && frame.subarray(3, 6).equals(LOSSY_MARK);
  if (!isKey) return undefined;
  // The two bits above are for how it is to be shown.
  return sizeOf(frame.readUInt16LE(6) & 0x3fff, frame.readUInt16LE(8) & 0x3fff);
}

function losslessSize(frame: Buffer): ImageSize | undefined {
  const bits = frame.readUInt32LE(1);
  const isKnown = frame.readUInt8(0) === LOSSLESS_MARK && bits >>> 29 === 0;
  return isKnown ? sizeOf((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1) : undefined;
}
