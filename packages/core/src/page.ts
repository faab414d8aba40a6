import { type CreatedRange, type FineInstant, type Instant, storedTime } from './instant.js';

/** Part of a list, newest first. */
export interface Page<T> {
  readonly items: readonly T[];
  /** The last item, when more follow: the next page starts after it. */
  readonly next: T | null;
}

/**
 * Bytes of the items of one answer, as JSON in UTF-8. With what surrounds them it stays under 2 MiB; an
 * item alone never has as many.
 */
export const PAGE_BYTES = 1792 * 1024;
/** More than a record has of anything: a limit that limits nothing. */
export const ALL = 2_147_483_647;
/** Items that are read at once: of the largest ones, that is as much as a process can hold a few times. */
const STEP = 50;

/**
 * Reads a page in steps, until it has as many items or as many bytes as a page may have; the first item is
 * in it, however large.
 * @param read gives so many items that follow a position
 */
export async function readPage<T, P = Position>(
  limit: number,
  after: P | undefined,
  read: (limit: number, after?: P) => Promise<readonly T[]>,
  positionOf: (item: T) => P,
): Promise<Page<T>> {
  const items: T[] = [];
  let bytes = 0;
  let from = after;
  for (;;) {
    const wanted = Math.min(STEP, limit - items.length) + 1;
    const found = await read(wanted, from);
    for (const item of found.slice(0, wanted - 1)) {
      bytes += bytesOf(item);
      if (bytes > PAGE_BYTES && items.length > 0) return { items, next: items.at(-1) ?? null };
      items.push(item);
    }
    const last = items.at(-1);
    if (!last || found.length < wanted) return { items, next: null };
    if (items.length === limit) return { items, next: last };
    from = positionOf(last);
  }
}

/** What is smaller for certain need not be made into JSON to be counted; as many as a page has stay within it. */
const SMALL_BYTES = 4096;

/** Bytes of an item as JSON; of a small one, at most as many as it could have. */
function bytesOf(item: unknown): number {
  const bytes = mostBytesOf(item);
  return bytes <= SMALL_BYTES ? bytes : Buffer.byteLength(JSON.stringify(item));
}

/** Of a flat record: as if each character of its texts had to be escaped. Infinite of any other. */
function mostBytesOf(item: unknown): number {
  if (typeof item !== 'object' || item === null) return Infinity;
  let bytes = 2;
  for (const [key, value] of Object.entries(item)) {
    if (typeof value === 'object' && value !== null) return Infinity;
    bytes += key.length + MOST_BYTES_OF_A_NUMBER;
    if (typeof value === 'string') bytes += value.length * BYTES_OF_AN_ESCAPE;
  }
  return bytes;
}

/** With the punctuation around it. */
const MOST_BYTES_OF_A_NUMBER = 32;
/** `\u0000` */
const BYTES_OF_AN_ESCAPE = 6;

/** Where an item stands in a list. */
export interface Position {
  readonly createdAt: Instant;
  readonly id: string;
}

/** Where a page begins: of the end of the range and the position, the one that is further on. */
export interface PageStart {
  readonly createdTo?: FineInstant;
  readonly after?: Position;
}

/** One bound of two: given both, a database may search its index from the one that is far away. */
export function pageStartOf({ createdTo }: CreatedRange, after: Position | undefined): PageStart {
  if (createdTo === undefined) return after ? { after } : {};
  return after && storedTime(after.createdAt) < createdTo ? { after } : { createdTo };
}

/**
 * Orders as the databases do: newest first, then by identifier, descending. Identifiers compare by
 * bytes; UTF-16 would order characters beyond the basic plane otherwise.
 */
export function newestFirst(one: Position, other: Position): number {
  if (one.createdAt !== other.createdAt) return one.createdAt > other.createdAt ? -1 : 1;
  return Buffer.compare(Buffer.from(other.id), Buffer.from(one.id));
}
