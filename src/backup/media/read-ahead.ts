import type { MediaFiles } from '../../stores/media/files/media-files.js';
import { AT_ONCE, MOST_HELD } from './held-files.js';
import type { MediaRow } from './media-rows.js';

/** What a place has for a row: null where the file is not there. */
export interface RowFile {
  readonly row: MediaRow;
  readonly content: AsyncIterable<Buffer> | Iterable<Buffer> | null;
}

/**
 * The file of each row, in the order of the rows. Small files are read while those before them are used; of a file that is
 * larger than its row says, no more than shows it.
 * @throws MEDIA_FILES_UNAVAILABLE
 */
export async function* readAhead(
  files: MediaFiles,
  rows: AsyncIterable<MediaRow>,
): AsyncGenerator<RowFile> {
  const ahead: (() => Promise<RowFile>)[] = [];
  for await (const row of rows) {
    ahead.push(row.bytes > MOST_HELD ? () => opened(files, row) : started(held(files, row)));
    const next = ahead.length > AT_ONCE && ahead.shift();
    if (next) yield await next();
  }
  for (const next of ahead) yield await next();
}

/** It is under way, and fails when it is asked for. */
function started(reading: Promise<RowFile>): () => Promise<RowFile> {
  reading.catch(() => undefined);
  return () => reading;
}

async function opened(files: MediaFiles, row: MediaRow): Promise<RowFile> {
  return { row, content: await files.open(row.path) };
}

async function held(files: MediaFiles, row: MediaRow): Promise<RowFile> {
  const content = await files.open(row.path);
  if (!content) return { row, content };
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of content as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > row.bytes) break;
  }
  return { row, content: chunks };
}
