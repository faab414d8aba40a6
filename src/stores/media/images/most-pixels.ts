/** Cameras of telephones take up to 48 megapixels; a progressive JPEG of that size takes some 300 MB to decode. */
export const MOST_PIXELS = 50_000_000;

/** What an image is that is refused, in words of whoever has sent it. */
export const NO_IMAGE =
  'no JPEG, PNG or WebP that can be read, or has more than 50 megapixels or 64 KiB of packed texts';
