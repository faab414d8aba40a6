import type { ImageType } from './image-type.js';
import { jpegHead } from './heads/jpeg.js';
import { pngHead } from './heads/png.js';
import type { ImageSize, Reading, Want } from './heads/reading.js';
import { webpHead } from './heads/webp.js';
import { MOST_PIXELS } from './most-pixels.js';

/** Of reading one head: a file of many tiny parts takes some milliseconds, and no more, whatever is in them. */
const MOST_STEPS = 100_000;

const JPEG = Buffer.from([0xff, 0xd8, 0xff]);
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const RIFF = Buffer.from('RIFF');
const WEBP = Buffer.from('WEBP');
const NOTHING = Buffer.alloc(0);

/** What an image says of itself before its picture begins. */
export interface ImageHead extends ImageSize {
  readonly contentType: ImageType;
}

/**
 * Reads the head of an image while its bytes come in, whatever its file is called: what it is, and how large. Nothing
 * is kept but a few bytes of what is being read.
 */
export class HeadReader {
  readonly #reading = this.#read();
  #want: Want | undefined;
  #taken: Buffer = NOTHING;
  #skipped = 0;
  #steps = 0;
  #contentType: ImageType | undefined;
  #head: ImageHead | undefined;

  constructor() {
    this.#next(NOTHING);
  }

  /** By its first bytes; undefined before these, and for what is none of those that are taken. */
  get contentType(): ImageType | undefined {
    return this.#contentType;
  }

  /** Undefined until it is over, and for what is no image that is taken, or has more than MOST_PIXELS. */
  get head(): ImageHead | undefined {
    return this.#head;
  }

  /** Whether no more of the file is needed to tell. */
  get isOver(): boolean {
    return this.#want === undefined;
  }

  /** @param chunk what comes next of the file */
  push(chunk: Uint8Array): void {
    for (let at = 0; this.#want;) {
      const want = this.#want;
      const rest = chunk.subarray(at);
      if ('take' in want) {
        const more = rest.subarray(0, want.take - this.#taken.length);
        at += more.length;
        this.#taken = Buffer.concat([this.#taken, more]);
        if (this.#taken.length < want.take) return;
        this.#next(this.#taken);
      } else if ('skip' in want) {
        const more = Math.min(rest.length, want.skip - this.#skipped);
        at += more;
        this.#skipped += more;
        if (this.#skipped < want.skip) return;
        this.#next(NOTHING);
      } else {
        const found = rest.indexOf(want.past);
        if (found === -1) return;
        at += found + 1;
        this.#next(NOTHING);
      }
    }
  }

  #next(given: Buffer): void {
    this.#taken = NOTHING;
    this.#skipped = 0;
    this.#steps += 1;
    const { done, value } =
      this.#steps > MOST_STEPS ? this.#reading.return(undefined) : this.#reading.next(given);
    this.#want = done ? undefined : value;
    if (!done || !value || !this.#contentType) return;
    const { width, height } = value;
    if (width * height <= MOST_PIXELS)
      this.#head = { contentType: this.#contentType, width, height };
  }

  *#read(): Reading {
    let first = yield { take: JPEG.length };
    if (first.equals(JPEG)) {
      this.#contentType = 'image/jpeg';
      return yield* jpegHead();
    }
    first = Buffer.concat([first, yield { take: PNG.length - first.length }]);
    if (first.equals(PNG)) {
      this.#contentType = 'image/png';
      return yield* pngHead();
    }
    const isWebp = first.subarray(0, 4).equals(RIFF) && (yield { take: 4 }).equals(WEBP);
    if (!isWebp) return undefined;
    this.#contentType = 'image/webp';
    return yield* webpHead();
  }
}
