import { availableParallelism } from 'node:os';
import type loadedSharp from 'sharp';
import type { Sharp } from 'sharp';
import { ReasonError } from '../media.reasons.js';
import { MOST_PIXELS, NO_IMAGE } from './most-pixels.js';
import { Places } from './places.js';

/** Each decoding holds one of libuv's four threads, which log-ins and look-ups of names need as well. */
const MOST_AT_ONCE = 2;

/** What takes longer is made to take long. */
const DECODE_SECONDS = 10;

const places = new Places(Math.min(MOST_AT_ONCE, availableParallelism()));

type SharpModule = typeof loadedSharp;

let loading: Promise<SharpModule> | undefined;

/** The native library, when the first image is decoded: loading it with the service would be a part of every start. */
function loadSharp(): Promise<SharpModule> {
  return (loading ??= import('sharp').then(({ default: sharp }) => {
    // What is no image that is taken must not even be tried: not SVG, which names files, nor rare formats.
    sharp.block({ operation: ['VipsForeignLoad'] });
    sharp.unblock({
      operation: ['VipsForeignLoadJpegFile', 'VipsForeignLoadPngFile', 'VipsForeignLoadWebpFile'],
    });
    // Photos are looked at once.
    sharp.cache(false);
    sharp.concurrency(1);
    return sharp;
  }));
}

/**
 * Decodes a file, few at a time, and not for long. The first frame counts, upright.
 * @param signal ends the waiting for a turn
 * @throws MEDIA_TYPE_UNSUPPORTED for what cannot be decoded, has more than MOST_PIXELS or takes too long;
 * the reason of the signal
 */
export async function decode<T>(
  localPath: string,
  signal: AbortSignal,
  work: (image: Sharp) => Promise<T>,
): Promise<T> {
  const sharp = await loadSharp();
  return places.run(signal, async () => {
    const image = sharp(localPath, {
      limitInputPixels: MOST_PIXELS,
      failOn: 'error',
      sequentialRead: true,
      autoOrient: true,
    }).timeout({ seconds: DECODE_SECONDS });
    try {
      return await work(image);
    } catch (cause) {
      throw notDecoded(cause);
    }
  });
}

/** What is answered to whoever has sent an image that is none. @param cause what the decoder says */
export function notDecoded(cause?: unknown): ReasonError {
  return new ReasonError('MEDIA_TYPE_UNSUPPORTED', { detail: `the file is ${NO_IMAGE}`, cause });
}
