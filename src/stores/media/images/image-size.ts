import { decode, MOST_PIXELS, notDecoded } from './decoder.js';

/** In pixels, as it is shown. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/**
 * How large an image is, from its head alone.
 * @throws as `decode` does
 */
export async function imageSize(localPath: string, signal: AbortSignal): Promise<ImageSize> {
  const { autoOrient } = await decode(localPath, signal, (image) => image.metadata());
  const { width, height } = autoOrient;
  if (width * height > MOST_PIXELS) throw notDecoded();
  return { width, height };
}
