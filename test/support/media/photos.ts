import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import sharp, { type Metadata } from 'sharp';
import type { ImageType } from '../../../src/stores/media/images/image-type.js';

interface Photo {
  readonly width?: number;
  readonly height?: number;
  /** As EXIF numbers it: 1 is upright. */
  readonly orientation?: number;
}

/** A photo of stripes, which say which side is up. */
export async function photo(
  type: ImageType = 'image/jpeg',
  { width = 640, height = 480, orientation }: Photo = {},
): Promise<Buffer> {
  const pixels = Buffer.alloc(width * height * 3, 0);
  for (let at = 0; at < pixels.length; at += 3)
    pixels[at] = Math.floor(at / 3 / width) < height / 2 ? 255 : 0;
  const image = sharp(pixels, { raw: { width, height, channels: 3 } });
  return (orientation === undefined ? image : image.withMetadata({ orientation }))
    .toFormat(type === 'image/jpeg' ? 'jpeg' : type === 'image/png' ? 'png' : 'webp')
    .toBuffer();
}

/** What an image says of itself; from a file, since the product has sharp decode nothing else in its process. */
export async function described(image: Buffer): Promise<Metadata> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-photo-'));
  try {
    writeFileSync(join(folder, 'photo'), image);
    return await sharp(join(folder, 'photo')).metadata();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A PNG of a few bytes that says that it is that large. */
export function bomb(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  const chunk = (type: string, data: Buffer) => {
    const named = Buffer.concat([Buffer.from(type), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(named));
    return Buffer.concat([length, named, sum]);
  };
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(1000))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
