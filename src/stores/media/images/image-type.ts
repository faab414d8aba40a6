export const IMAGE_TYPES = ['image/jpeg', 'image/png', 'image/webp'] as const;

/** What is taken, and given out. */
export type ImageType = (typeof IMAGE_TYPES)[number];

/** Bytes from the start of a file that tell what it is. */
export const HEAD_BYTES = 16;

const JPEG = Buffer.from([0xff, 0xd8, 0xff]);
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const RIFF = Buffer.from('RIFF');
const WEBP = Buffer.from('WEBP');

/**
 * What a file is by its content, whatever it is called.
 * @param head its first bytes, HEAD_BYTES of them unless it has fewer
 * @returns undefined for what is none of these
 */
export function imageTypeOf(head: Uint8Array): ImageType | undefined {
  const begins = (mark: Buffer, at = 0) => mark.equals(head.subarray(at, at + mark.length));
  if (begins(JPEG)) return 'image/jpeg';
  if (begins(PNG)) return 'image/png';
  if (begins(RIFF) && begins(WEBP, 8)) return 'image/webp';
  return undefined;
}
