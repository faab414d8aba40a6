import { decode } from './decoder.js';

/** In pixels, on each side: what a page shows of an image in a list. */
const SIDE = 320;

/**
 * A small WebP of an image, for a list of them.
 * @throws as `decode` does
 */
export function preview(localPath: string, signal: AbortSignal): Promise<Uint8Array> {
  return decode(localPath, signal, (image) =>
    image
      .resize({ width: SIDE, height: SIDE, fit: 'inside', withoutEnlargement: true })
      .webp({ quality: 75 })
      .toBuffer(),
  );
}
