import type { ByteRange } from '../files/media-files.js';

/** One range of bytes (RFC 9110, 14.1.2). Several are answered by all of it, which every client takes. */
const ONE = /^bytes=[ \t]*(?:(\d+)-(\d*)|-(\d+))[ \t]*$/i;

/**
 * @param header `Range`
 * @param bytes of the whole
 * @returns null where all of it is to be sent; `unsatisfiable` where nothing of it is in the range
 */
export function readRange(
  header: string | undefined,
  bytes: number,
): ByteRange | 'unsatisfiable' | null {
  const [whole, first, last, suffix] = ONE.exec(header ?? '') ?? [];
  if (whole === undefined) return null;
  if (suffix !== undefined) {
    const length = Math.min(Number(suffix), bytes);
    return length === 0 ? 'unsatisfiable' : { start: bytes - length, end: bytes - 1 };
  }
  const start = Number(first);
  const end = last === '' ? bytes - 1 : Math.min(Number(last), bytes - 1);
  // One that ends before it begins is no range at all.
  if (last !== '' && Number(last) < start) return null;
  return start >= bytes ? 'unsatisfiable' : { start, end };
}

/** Whether the range still holds: `If-Range` names the tag of what is there. Dates are of no help: none is sent. */
export function holdsIfRange(header: string | undefined, entityTag: string): boolean {
  return header === undefined || header.trim() === entityTag;
}
