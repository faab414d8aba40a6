import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { HeadReader } from '../../../src/stores/media/images/head-reader.js';
import { JPEG_HEAD } from '../../support/media/photo.js';
import { bomb, photo } from '../../support/media/photos.js';

/** What is told of a file whose bytes come in pieces of that length. */
function readIn(content: Buffer, pieceBytes: number) {
  const reader = new HeadReader();
  for (let at = 0; at < content.length && !reader.isOver; at += pieceBytes)
    reader.push(content.subarray(at, at + pieceBytes));
  return { head: reader.head, contentType: reader.contentType, isOver: reader.isOver };
}

const headOf = (content: Buffer) => readIn(content, content.length).head;

const noise = (channels: 3 | 4) =>
  sharp({
    create: {
      width: 90,
      height: 70,
      channels,
      background: { r: 1, g: 2, b: 3, alpha: 0.5 },
      noise: { type: 'gaussian', mean: 100, sigma: 50 },
    },
  });

function segment(marker: number, data: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(data.length + 2, 2);
  return Buffer.concat([head, data]);
}

/** The head of a JPEG with something else in front of what it says of its picture. */
const jpegWith = (...parts: readonly Buffer[]) =>
  Buffer.concat([JPEG_HEAD.subarray(0, 2), ...parts, JPEG_HEAD.subarray(2)]);

function with_(content: Buffer, at: number, ...bytes: readonly number[]): Buffer {
  const changed = Buffer.from(content);
  changed.set(bytes, at);
  return changed;
}

describe('the head of an image', () => {
  it.each([
    ['a JPEG', 'image/jpeg', () => noise(3).jpeg().toBuffer()],
    ['a progressive JPEG', 'image/jpeg', () => noise(3).jpeg({ progressive: true }).toBuffer()],
    ['a grey JPEG', 'image/jpeg', () => noise(3).greyscale().jpeg().toBuffer()],
    [
      'a JPEG of four colours',
      'image/jpeg',
      () => noise(3).toColourspace('cmyk').jpeg().toBuffer(),
    ],
    ['a JPEG with a profile', 'image/jpeg', () => noise(3).withIccProfile('p3').jpeg().toBuffer()],
    ['a PNG', 'image/png', () => noise(3).png().toBuffer()],
    ['a PNG with transparency', 'image/png', () => noise(4).png().toBuffer()],
    ['a PNG with a palette', 'image/png', () => noise(4).png({ palette: true }).toBuffer()],
    ['a PNG of 16 bits', 'image/png', () => noise(3).toColourspace('rgb16').png().toBuffer()],
    ['a PNG in passes', 'image/png', () => noise(3).png({ progressive: true }).toBuffer()],
    ['a WebP', 'image/webp', () => noise(3).webp().toBuffer()],
    ['a lossless WebP', 'image/webp', () => noise(3).webp({ lossless: true }).toBuffer()],
    ['a WebP with transparency', 'image/webp', () => noise(4).webp().toBuffer()],
    ['a WebP with a profile', 'image/webp', () => noise(3).withIccProfile('p3').webp().toBuffer()],
    [
      'a lossless WebP with EXIF',
      'image/webp',
      () =>
        noise(4)
          .withExif({ IFD0: { Copyright: 'x' } })
          .webp({ lossless: true })
          .toBuffer(),
    ],
    [
      'a WebP that moves',
      'image/webp',
      () =>
        sharp(randomBytes(90 * 140 * 3), {
          raw: { width: 90, height: 140, channels: 3, pageHeight: 70 },
        })
          .webp()
          .toBuffer(),
    ],
  ] as const)('is read: %s, however it comes in', async (_what, contentType, make) => {
    const content = await make();
    for (const pieceBytes of [content.length, 64, 3, 1]) {
      const expected = { head: { contentType, width: 90, height: 70 }, contentType, isOver: true };
      expect([pieceBytes, readIn(content, pieceBytes)]).toEqual([pieceBytes, expected]);
    }
  });

  it('is read behind all that a camera writes, and what decoders pass over', () => {
    const size = { contentType: 'image/jpeg', width: 256, height: 256 };
    const preview = segment(0xe1, Buffer.concat([JPEG_HEAD, Buffer.alloc(60_000, 0xff)]));
    for (const content of [
      jpegWith(...Array.from({ length: 300 }, () => preview)),
      jpegWith(Buffer.alloc(5000, 0xff)),
      jpegWith(segment(0xfe, Buffer.alloc(0)), Buffer.from('not said'), Buffer.from([0xff, 0])),
    ])
      expect(headOf(content)).toEqual(size);
  });

  it.each([
    ['', undefined],
    ['GIF89a..........', undefined],
    ['<svg xmlns="http://www.w3.org/2000/svg"/>', undefined],
    ['<!DOCTYPE html>', undefined],
    ['RIFF....WAVEfmt ', undefined],
    ['%PDF-1.7', undefined],
    ['\u0089PNG', undefined],
    ['II*\0', undefined],
    ['\u0089PNG\r\n\u001a\n', 'image/png'],
    ['\u00ff\u00d8\u00ff', 'image/jpeg'],
    ['RIFF\u00ff\u0000\u0000\u0000WEBP', 'image/webp'],
  ])('is that of no image that is taken: %j', (text, contentType) => {
    const { head, ...told } = readIn(Buffer.from(text, 'latin1'), 1000);
    expect(head).toBeUndefined();
    expect(told.contentType).toBe(contentType);
  });

  it('is wanting wherever it breaks off', async () => {
    for (const type of ['image/png', 'image/webp', 'image/jpeg'] as const) {
      const content = await photo(type);
      let needed = 1;
      while (!headOf(content.subarray(0, needed))) needed += 1;
      expect(needed).toBeGreaterThan(24);
      for (let bytes = 0; bytes < needed; bytes += 1) {
        const { head, isOver } = readIn(content.subarray(0, bytes), 5);
        expect([bytes, head, isOver]).toEqual([bytes, undefined, false]);
      }
    }
  });

  const png = bomb(10, 10);
  const frameAt = JPEG_HEAD.indexOf(Buffer.from([0xff, 0xc0]));
  const frame = JPEG_HEAD.subarray(frameAt, -10);
  const webp = (type: string, data: readonly number[]) => {
    const head = Buffer.from(`RIFF\0\0\0\0WEBP${type}\0\0\0\0`, 'latin1');
    head.writeUInt32LE(data.length, 16);
    return Buffer.concat([head, Buffer.from(data)]);
  };
  const canvas = [0, 0, 0, 0, 9, 0, 0, 9, 0, 0];
  const lossy = [0, 0, 0, 0x9d, 0x01, 0x2a, 10, 0, 10, 0];
  const inCanvas = (data: readonly number[]) =>
    Buffer.concat([webp('VP8X', canvas), webp('VP8 ', data).subarray(12)]);

  const pngWith = (...chunks: readonly Buffer[]) =>
    Buffer.concat([png.subarray(0, 33), ...chunks, png.subarray(33)]);
  const text = (type: string, begin: string, bytes: number) => {
    const chunk = Buffer.alloc(8 + bytes + 4);
    chunk.writeUInt32BE(bytes);
    chunk.write(type + begin, 4, 'latin1');
    return chunk;
  };

  it('is that of an image with texts, of which those that are packed are short', () => {
    for (const texts of [
      [text('zTXt', 'a\0\0', 65_536)],
      [text('iTXt', 'a\0\u0001\0', 65_536)],
      [text('iTXt', 'XML:com.adobe.xmp\0\0\0', 5_000_000), text('tEXt', 'a\0', 5_000_000)],
      [text('iTXt', '', 0)],
    ])
      expect(headOf(pngWith(...texts))).toMatchObject({ width: 10, height: 10 });
  });

  it('is that of an image in these, of which others below differ in a byte or two', () => {
    expect(headOf(png)).toMatchObject({ width: 10, height: 10 });
    expect(headOf(JPEG_HEAD)).toMatchObject({ width: 256, height: 256 });
    expect(headOf(webp('VP8 ', lossy))).toMatchObject({ width: 10, height: 10 });
    expect(headOf(inCanvas(lossy))).toMatchObject({ width: 10, height: 10 });
    expect(headOf(webp('VP8L', [0x2f, 9, 0x40, 2, 0]))).toMatchObject({ width: 10, height: 10 });
  });

  it.each([
    ['a PNG of another sum', with_(png, 30, 1, 2)],
    ['a PNG that begins with something else', with_(png, 12, 0x69)],
    ['a PNG without a picture', Buffer.concat([png.subarray(0, 33), png.subarray(-12)])],
    ['a PNG with a part that is too long', with_(png, 33, 0xff, 0, 0, 0, 0x74)],
    ['a PNG with a long text that is packed', pngWith(text('zTXt', 'a\0\0', 65_537))],
    [
      'a PNG with many texts that are packed',
      pngWith(...Array<Buffer>(9).fill(text('iTXt', `${'a'.repeat(79)}\0\u0001`, 8_000))),
    ],
    ['a PNG of no width', bomb(0, 10)],
    ['a PNG of no height', bomb(10, 0)],
    ['a PNG of 20000 x 20000', bomb(20_000, 20_000)],
    ['a PNG of 2147483647 x 2147483647', bomb(0x7fffffff, 0x7fffffff)],
    ['a JPEG of 12 bits', with_(JPEG_HEAD, frameAt + 4, 12)],
    ['a JPEG of no components', with_(JPEG_HEAD, frameAt + 9, 0)],
    ['a JPEG of more components than it has', with_(JPEG_HEAD, frameAt + 9, 3)],
    ['a JPEG of no height', with_(JPEG_HEAD, frameAt + 5, 0, 0)],
    ['a JPEG of 65535 x 65535', with_(JPEG_HEAD, frameAt + 5, 0xff, 0xff, 0xff, 0xff)],
    ['a JPEG of another frame behind the first', jpegWith(frame)],
    ['a lossless JPEG', with_(JPEG_HEAD, frameAt + 1, 0xc3)],
    ['a JPEG that begins twice', jpegWith(JPEG_HEAD)],
    ['a JPEG that ends', jpegWith(Buffer.from([0xff, 0xd9]))],
    ['a JPEG with a scan before its frame', jpegWith(JPEG_HEAD.subarray(-10))],
    ['a JPEG with a part shorter than its length', jpegWith(Buffer.from([0xff, 0xe1, 0, 1]))],
    ['a WebP that begins with something else', webp('ALPH', [0, 0])],
    ['a WebP with no key frame', webp('VP8 ', [1, ...lossy.slice(1)])],
    ['a WebP with another mark', webp('VP8 ', [0, 0, 0, 1, ...lossy.slice(4)])],
    ['a WebP of no width', webp('VP8 ', [...lossy.slice(0, 6), 0, 0, 10, 0])],
    ['a lossless WebP with another mark', webp('VP8L', [0x2e, 9, 0x40, 2, 0])],
    ['a lossless WebP of another version', webp('VP8L', [0x2f, 9, 0x40, 2, 0x20])],
    ['a WebP of 16384 x 16384', webp('VP8L', [0x2f, 0xff, 0xff, 0xff, 0x0f])],
    ['a WebP that is larger than its canvas', inCanvas([...lossy.slice(0, 6), 0xff, 0x3f, 10, 0])],
    [
      'a WebP that moves, and is too large',
      Buffer.concat([
        webp('VP8X', [...canvas.slice(0, 4), 0xff, 0xff, 0, 0xff, 0xff, 0]),
        webp('ANMF', Array<number>(16).fill(0)).subarray(12),
      ]),
    ],
  ])('is that of no image that is taken: %s', (_what, content) => {
    for (const pieceBytes of [content.length, 1])
      expect(readIn(content, pieceBytes)).toMatchObject({ head: undefined, isOver: true });
  });

  it('is not read for ever: of a file of many tiny parts, most is never looked at', () => {
    for (const part of [
      Buffer.from([0xff]),
      Buffer.from([0xff, 0]),
      segment(0xfe, Buffer.alloc(0)),
    ]) {
      const many = jpegWith(Buffer.alloc(part.length * 200_000, part));
      expect(readIn(many, 65_536)).toMatchObject({ head: undefined, isOver: true });
    }
  });
});
