/** In pixels, as they are stored. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** What is wanted next of a file: so many bytes, to be left out so many, or to go on behind the next byte of a kind. */
export type Want =
  { readonly take: number } | { readonly skip: number } | { readonly past: number };

/**
 * Reads the head of an image up to where its picture begins, as its bytes come in; what was not asked for by `take`
 * is given as nothing.
 * @returns undefined for what no decoder reads
 */
export type Reading<T = ImageSize> = Generator<Want, T | undefined, Buffer>;

/** A size that a picture can have. */
export function sizeOf(width: number, height: number): ImageSize | undefined {
  return width > 0 && height > 0 ? { width, height } : undefined;
}
