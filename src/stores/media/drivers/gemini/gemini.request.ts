import { resized } from '../../images/resized.js';
import { ReasonError } from '../../media.reasons.js';
import type { DriverTask, ImageInput } from '../driver.js';
import type { GeminiSettings } from './gemini.settings.js';

/** Gemini takes requests of 20 MB with images in them; some is left for what is beside these. */
const MOST_IMAGE_BYTES = 19_000_000;

/** Gemini itself makes larger images fit into this. */
const SIDE = 3072;

/** A request, and how long it is; it can be read as often as it is sent. */
export interface GeminiRequest {
  readonly bytes: number;
  read(): AsyncGenerator<Buffer>;
}

/** An image that is sent, or a text. */
type Part = string | Pick<ImageInput, 'contentType' | 'bytes' | 'read'>;

/**
 * Photo, templates, each after its kind, and at the end what is to be done, as Gemini's documentation advises.
 * @throws PROVIDER_FAILED for images that are too large even when they are made smaller; as `resized` does
 */
export async function geminiRequest(
  { image, templates, signal }: DriverTask,
  settings: GeminiSettings,
): Promise<GeminiRequest> {
  const all = [image, ...templates];
  const fitting = encodedBytes(all) <= MOST_IMAGE_BYTES ? all : await smaller(all, signal);
  if (encodedBytes(fitting) > MOST_IMAGE_BYTES)
    throw new ReasonError('PROVIDER_FAILED', {
      detail: 'gemini: photo and templates are too large for it',
    });
  const [photo, ...others] = fitting;
  const named = others.flatMap((each, index): Part[] => [
    `${templates[index]?.mediaKind ?? ''}:`,
    each,
  ]);
  return requestOf([...(photo ? [photo] : []), ...named, settings.prompt], settings);
}

function encodedBytes(images: readonly Pick<ImageInput, 'bytes'>[]): number {
  return images.reduce((sum, { bytes }) => sum + base64Length(bytes), 0);
}

function base64Length(bytes: number): number {
  return 4 * Math.ceil(bytes / 3);
}

async function smaller(images: readonly ImageInput[], signal: AbortSignal) {
  const fitting: Exclude<Part, string>[] = [];
  for (const image of images) {
    const bytes = await image.withLocal((path) =>
      resized(path, { width: SIDE, height: SIDE }, signal),
    );
    fitting.push({
      contentType: image.contentType,
      bytes: bytes.length,
      // eslint-disable-next-line @typescript-eslint/require-await -- read as the others are.
      read: async function* () {
        yield bytes;
      },
    });
  }
  return fitting;
}

function requestOf(parts: readonly Part[], settings: GeminiSettings): GeminiRequest {
  const pieces = parts.flatMap((part, index): Part[] => {
    const comma = index === 0 ? '' : ',';
    if (typeof part === 'string') return [`${comma}${JSON.stringify({ text: part })}`];
    const mimeType = JSON.stringify(part.contentType);
    return [`${comma}{"inlineData":{"mimeType":${mimeType},"data":"`, part, '"}}'];
  });
  const all = [
    '{"contents":[{"role":"user","parts":[',
    ...pieces,
    `]}],"generationConfig":${JSON.stringify(generationConfig(settings))}}`,
  ];
  return {
    bytes: all.reduce(
      (sum, piece) =>
        sum + (typeof piece === 'string' ? Buffer.byteLength(piece) : base64Length(piece.bytes)),
      0,
    ),
    read: async function* () {
      for (const piece of all)
        if (typeof piece === 'string') yield Buffer.from(piece);
        else yield* base64Of(piece.read());
    },
  };
}

function generationConfig({ aspect_ratio, image_size, temperature }: GeminiSettings): object {
  const imageConfig = {
    ...(aspect_ratio !== undefined && { aspectRatio: aspect_ratio }),
    ...(image_size !== undefined && { imageSize: image_size }),
  };
  return {
    responseModalities: ['TEXT', 'IMAGE'],
    ...(Object.keys(imageConfig).length > 0 && { imageConfig }),
    ...(temperature !== undefined && { temperature }),
  };
}

/** Three bytes make four characters: what is over waits for the next. */
async function* base64Of(content: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let over = Buffer.alloc(0);
  for await (const chunk of content) {
    const bytes = Buffer.concat([over, chunk]);
    const usable = bytes.length - (bytes.length % 3);
    over = bytes.subarray(usable);
    if (usable > 0) yield Buffer.from(bytes.subarray(0, usable).toString('base64'), 'latin1');
  }
  if (over.length > 0) yield Buffer.from(over.toString('base64'), 'latin1');
}
