import { decode } from './decoder.js';

/** In pixels; at least one of them. */
export interface Bounds {
  readonly width?: number | undefined;
  readonly height?: number | undefined;
}

/**
 * The image in the same format, made to fit, never larger than it was, without what a camera has written of its
 * owner.
 * @throws as `decode` does
 */
export function resized(
  localPath: string,
  { width, height }: Bounds,
  signal: AbortSignal,
): Promise<Uint8Array> {
  return decode(localPath, signal, (image) =>
    image
      .resize({
        ...(width !== undefined && { width }),
        ...(height !== undefined && { height }),
        fit: 'inside',
        withoutEnlargement: true,
      })
      .toBuffer(),
  );
}
