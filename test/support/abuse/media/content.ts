import { deflateSync, gzipSync } from 'node:zlib';

const HTML = '<!doctype html><script>alert(document.domain)</script>';
export const SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';
const ENTITIES = `<!DOCTYPE svg [<!ENTITY e SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg"><text>&e;</text></svg>`;
const JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xe0]);
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const ZIP = Buffer.from('PK\u0003\u0004\u0014\u0000\u0000\u0000\u0008\u0000', 'latin1');

/** What no photo is, whatever it is called. */
export const NO_PHOTOS: Readonly<Record<string, Buffer>> = {
  nothing: Buffer.alloc(0),
  'one byte of a JPEG': JPEG.subarray(0, 1),
  'two bytes of a JPEG': JPEG.subarray(0, 2),
  'SVG with a script': Buffer.from(SVG),
  'SVG with an entity': Buffer.from(ENTITIES),
  'SVG of UTF-16': Buffer.from(`\ufeff${SVG}`, 'utf16le'),
  HTML: Buffer.from(HTML),
  'HTML with a JPEG behind it': Buffer.concat([Buffer.from(HTML), JPEG]),
  'a JPEG behind a byte order mark': Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), JPEG]),
  'a JPEG behind a NUL': Buffer.concat([Buffer.from([0]), JPEG]),
  'a GIF that is a script': Buffer.from('GIF89a/*\u0000*/=1;alert(1)', 'latin1'),
  PDF: Buffer.from('%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>'),
  'a ZIP': Buffer.concat([ZIP, Buffer.alloc(100)]),
  'a bomb of gzip': gzipSync(gzipSync(Buffer.alloc(16 * 1024 * 1024))),
  'a program': Buffer.concat([
    Buffer.from('\u007fELF\u0002\u0001\u0001', 'latin1'),
    Buffer.alloc(64),
  ]),
  PHP: Buffer.from('<?php system($_GET["c"]); ?>'),
  'RIFF that is sound': Buffer.from('RIFF\u0024\u0000\u0000\u0000WAVEfmt '),
  AVIF: Buffer.from('\u0000\u0000\u0000\u0020ftypavif\u0000\u0000\u0000\u0000', 'latin1'),
  TIFF: Buffer.from(
    'II*\u0000\u0008\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000',
  ),
  BMP: Buffer.concat([Buffer.from('BM'), Buffer.alloc(60)]),
};

const PAGE = Buffer.from(`\u0000\u0010JFIF\u0000*/=1;${HTML}<!--`);

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const whole = Buffer.alloc(8 + data.length + 4);
  whole.writeUInt32BE(data.length);
  body.copy(whole, 4);
  whole.writeUInt32BE(crc32(body), 8 + data.length);
  return whole;
}

function crc32(bytes: Buffer): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

/** A PNG of one bit a pixel, all of them alike: a few kilobytes, and gigabytes where somebody unpacks it. */
function png(width: number, height: number, rows = height): Buffer {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width);
  head.writeUInt32BE(height, 4);
  head.set([1, 0, 0, 0, 0], 8);
  const pixels = deflateSync(Buffer.alloc(rows * (1 + Math.ceil(width / 8))), { level: 9 });
  return Buffer.concat([
    PNG,
    chunk('IHDR', head),
    chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A frame of a grey JPEG. */
function frame(width: number, height: number): Buffer {
  const segment = Buffer.from([0xff, 0xc0, 0, 11, 8, 0, 0, 0, 0, 1, 1, 0x11, 0]);
  segment.writeUInt16BE(height, 5);
  segment.writeUInt16BE(width, 7);
  return segment;
}

const SCAN = Buffer.from([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0]);
const BEGIN = JPEG.subarray(0, 2);

function jpeg(width: number, height: number): Buffer {
  return Buffer.concat([BEGIN, frame(width, height), SCAN, Buffer.from([0xff, 0xd9])]);
}

/** A JPEG, by its head, that would run as a page where it is taken for one. */
export const POLYGLOT = Buffer.concat([
  JPEG,
  Buffer.from([PAGE.length >> 8, PAGE.length & 0xff]),
  PAGE.subarray(2),
  frame(16, 16),
  SCAN,
]);

/** The head of a lossless WebP of 16384 × 16384. */
function webp(): Buffer {
  const data = Buffer.from([0x2f, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0]);
  const head = Buffer.alloc(20);
  head.write('RIFF', 0);
  head.writeUInt32LE(12 + data.length, 4);
  head.write('WEBPVP8L', 8);
  head.writeUInt32LE(data.length, 16);
  return Buffer.concat([head, data]);
}

/** Photos by their first bytes, whose head says that they are none, or too large. */
export const BOMBS = {
  'the eight first bytes of a PNG': () => PNG,
  'a PNG whose head breaks off': () => png(10, 10).subarray(0, 20),
  'a PNG with another sum of its head': () => Buffer.concat([png(10, 10).fill(0, 29, 33)]),
  'a PNG of 20000 x 20000': () => png(20_000, 20_000, 1000),
  'a PNG of 60000 x 60000': () => png(60_000, 60_000, 10_000),
  'a PNG of 8000 x 8000': () => png(8000, 8000),
  'a PNG of 2147483647 x 2147483647': () => png(0x7fffffff, 0x7fffffff, 0),
  'a PNG of nothing': () => png(0, 0),
  'a PNG with a profile that unpacks to 64 MiB, and no picture': () => {
    const bomb = deflateSync(Buffer.alloc(64 * 1024 * 1024), { level: 9 });
    const profile = Buffer.concat([Buffer.from('a\0\0', 'latin1'), bomb]);
    return Buffer.concat([png(1, 1).subarray(0, 33), chunk('iCCP', profile)]);
  },
  'a JPEG of 65500 x 65500': () => jpeg(65_500, 65_500),
  'a JPEG whose head breaks off': () => jpeg(10, 10).subarray(0, 9),
  'a JPEG of two frames': () => Buffer.concat([BEGIN, frame(10, 10), frame(65_500, 65_500), SCAN]),
  'a JPEG without a picture': () => Buffer.concat([JPEG, Buffer.alloc(1000)]),
  'a JPEG of nothing but fill bytes': () => Buffer.concat([BEGIN, Buffer.alloc(500_000, 0xff)]),
  'a WebP of 16384 x 16384': webp,
  'a WebP whose head breaks off': () => webp().subarray(0, 23),
  'SVG behind the first bytes of a PNG': () => Buffer.concat([PNG, Buffer.from(SVG)]),
  'HTML behind the first bytes of a JPEG': () => Buffer.concat([JPEG, PAGE]),
} satisfies Readonly<Record<string, () => Buffer>>;

/** What only a decoder finds out about. */
export const UNDECODABLE: Readonly<Record<string, () => Buffer>> = {
  'a PNG that is shorter than it says': () => png(1000, 1000, 10),
  'a JPEG that is a page': () => POLYGLOT,
};
