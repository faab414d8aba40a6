import { createHash } from 'node:crypto';
import { SCOPES, type Scope } from '../../stores/media/objects/media-object.js';

/** What the database says of a file that has to be there. */
export interface MediaRow {
  readonly id: string;
  readonly path: string;
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

/** Some rows after a path, by path and its bytes; none at the end. */
export type MediaPages = (after: string) => Promise<readonly MediaRow[]>;

/** Files of a request that is under way change their names, and are gone with it. */
const LASTING: readonly Scope[] = SCOPES.filter(
  (scope) => scope !== 'temp' && scope !== 'provider',
);

export function isLasting(scope: Scope): boolean {
  return LASTING.includes(scope);
}

export const MEDIA_TABLE = 'media_object';

const PAGE = 1000;

/** In the SQL of both dialects. @param after the placeholder of the path */
export function mediaPageSql(after: string): string {
  const scopes = LASTING.map((scope) => `'${scope}'`).join(', ');
  return `SELECT id, path, CAST(bytes AS text) AS bytes, sha256 FROM ${MEDIA_TABLE}
    WHERE cleaned_at IS NULL AND scope IN (${scopes}) AND path > ${after} ORDER BY path LIMIT ${PAGE}`;
}

/** A row as the drivers give it. */
export type RawMediaRow = Omit<MediaRow, 'bytes'> & { readonly bytes: string };

export function mediaRow(raw: RawMediaRow): MediaRow {
  return { ...raw, bytes: Number(raw.bytes) };
}

export async function* rowsOf(pages: MediaPages): AsyncGenerator<MediaRow> {
  let after = '';
  for (;;) {
    const page = await pages(after);
    yield* page;
    const last = page.at(-1);
    if (!last) return;
    after = last.path;
  }
}

/** How many files, their bytes, and a digest of their names, sizes and checksums in the order of their names. */
export class MediaTally {
  readonly #hash = createHash('sha256');
  #files = 0;
  #bytes = 0;

  add({ path, bytes, sha256 }: Omit<MediaRow, 'id'>): void {
    this.#files += 1;
    this.#bytes += bytes;
    this.#hash.update(`${path} ${bytes} ${sha256}\n`);
  }

  /** Once, at the end. */
  total(): { readonly files: number; readonly bytes: number; readonly digest: string } {
    return { files: this.#files, bytes: this.#bytes, digest: this.#hash.digest('hex') };
  }
}
