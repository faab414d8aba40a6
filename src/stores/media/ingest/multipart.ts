import type { IncomingMessage } from 'node:http';
import { PassThrough, pipeline, type Readable } from 'node:stream';
import { Busboy, type BusboyInstance } from '@fastify/busboy';
import { ReasonError } from '../media.reasons.js';

/** Fields that a form of this service has at most beside its file: those of a test run. */
const OWN_FIELDS = 3;
/** Some more that a program may send along. */
const OTHER_FIELDS = 16;
const MOST_FIELDS = OWN_FIELDS + OTHER_FIELDS;
/** Bytes of a field's name. */
const MOST_NAME_LENGTH = 100;
/** Bytes of a field's value; settings of a slot are the largest. */
export const MOST_FIELD_BYTES = 64 * 1024;
/** Bytes of what a part says of itself, with a long name of a file. */
const MOST_HEADER_BYTES = 8 * 1024;
const MOST_HEADERS = 16;
/** Bytes of the file that wait for whoever reads it, once. */
const FILE_BUFFER_BYTES = 128 * 1024;
/** Pieces of it that wait besides, each of 64 KiB at most. */
const MOST_PIECES = 2;

/** Most bytes around a file: the fields, what the parts say of themselves, and what separates them. */
export const MOST_SURROUNDING_BYTES =
  MOST_FIELDS * MOST_FIELD_BYTES + (MOST_FIELDS + 2) * MOST_HEADER_BYTES;

const PHOTO_FIELDS: ReadonlySet<string | undefined> = new Set(['file', 'fileToUpload']);

export interface MultipartReader {
  /** Called for each field in its turn. @throws what ends the reading */
  readonly field: (name: string, value: string) => void;
  /** Called once, when the file begins, whose bytes wait meanwhile; has to read all of it. */
  readonly photo: (content: Readable) => Promise<void>;
}

/**
 * Reads a form with one photo as it comes in, in any order; nothing of it is kept. When it ends early, what still
 * comes is thrown away.
 * @throws INVALID_REQUEST, what `reader` throws, the reason of the signal, REQUEST_ABANDONED
 */
export function readMultipart(
  request: IncomingMessage,
  reader: MultipartReader,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const busboy = openBusboy(request);
    let photo: Promise<void> | undefined;
    let content: Readable | undefined;
    let isOver = false;
    const end = (settle: () => void) => {
      if (isOver) return;
      isOver = true;
      signal.removeEventListener('abort', abort);
      settle();
    };
    const fail = (error: Error) => {
      end(() => {
        request.unpipe(busboy);
        request.resume();
        content?.destroy();
        // What has begun with the photo ends first: who is told may tidy up after it.
        void Promise.allSettled([photo]).then(() => {
          reject(error);
        });
      });
    };
    const abort = () => {
      fail(signal.reason as Error);
    };
    const refuse = (detail: string) => {
      fail(new ReasonError('INVALID_REQUEST', { detail }));
    };

    busboy.on('field', (name: string, value: string, isNameCut: boolean, isValueCut: boolean) => {
      if (isOver) return;
      if (isNameCut || isValueCut || name.length > MOST_NAME_LENGTH) {
        refuse(
          `a field has more than ${MOST_FIELD_BYTES} bytes, or a name of more than ${MOST_NAME_LENGTH}`,
        );
        return;
      }
      try {
        reader.field(name, value);
      } catch (error) {
        fail(error as Error);
      }
    });
    busboy.on('file', (name: string, stream: Readable) => {
      // Its end is told by the form's, and by whoever reads it.
      stream.on('error', () => undefined);
      if (isOver) stream.destroy();
      else if (!PHOTO_FIELDS.has(name))
        refuse('the file is sent in the field file or fileToUpload');
      else {
        content = piecesOf(stream);
        photo = reader.photo(content);
        photo.catch(fail);
      }
    });
    for (const limit of ['partsLimit', 'fieldsLimit'] as const)
      busboy.once(limit, () => {
        refuse(`there are more than ${MOST_FIELDS} fields beside the file`);
      });
    busboy.once('filesLimit', () => {
      refuse('there is more than one file');
    });
    busboy.once('error', () => {
      refuse('the multipart body is malformed, or ends early');
    });
    busboy.once('finish', () => {
      (photo ?? Promise.resolve()).then(() => {
        end(resolve);
      }, fail);
    });
    request.once('error', (cause: unknown) => {
      fail(new ReasonError('REQUEST_ABANDONED', { cause }));
    });
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    else request.pipe(busboy);
  });
}

/** The stream piece by piece: of one of bytes, iteration gives what waits joined in a copy. */
function piecesOf(stream: Readable): Readable {
  const pieces = new PassThrough({ objectMode: true, highWaterMark: MOST_PIECES });
  // Its end, and the cause of it, meets whoever reads the pieces.
  pipeline(stream, pieces, () => undefined);
  pieces.on('error', () => undefined);
  return pieces;
}

/** @throws INVALID_REQUEST where no boundary is named */
function openBusboy({ headers }: IncomingMessage): BusboyInstance {
  const { 'content-type': type = '' } = headers;
  try {
    return new Busboy({
      headers: { ...headers, 'content-type': type },
      fileHwm: FILE_BUFFER_BYTES,
      isPartAFile: (name, _, fileName) => fileName !== undefined || PHOTO_FIELDS.has(name),
      limits: {
        fieldNameSize: MOST_NAME_LENGTH,
        fieldSize: MOST_FIELD_BYTES,
        fields: MOST_FIELDS,
        files: 1,
        // Of two files it is the second that is told.
        parts: MOST_FIELDS + 2,
        headerPairs: MOST_HEADERS,
        headerSize: MOST_HEADER_BYTES,
      },
    });
  } catch (cause) {
    throw new ReasonError('INVALID_REQUEST', { detail: 'the form names no boundary', cause });
  }
}
