import { newestFirst, type Position } from '@holdfast/core/page';

/** The first of some records, and whether there are more. */
export interface Excerpt<T> {
  readonly items: readonly T[];
  readonly truncated: boolean;
}

/** How much of an answer some records may take. */
export interface Room {
  readonly items: number;
  /** As JSON in UTF-8. */
  readonly bytes: number;
}

/**
 * As many of the first as there is room for.
 * @param found in their order
 * @param hasMore whether there are more than were found
 */
export function excerptOf<T>(found: readonly T[], room: Room, hasMore = false): Excerpt<T> {
  const items: T[] = [];
  let bytes = 0;
  for (const item of found.slice(0, room.items)) {
    bytes += Buffer.byteLength(JSON.stringify(item));
    if (bytes > room.bytes) break;
    items.push(item);
  }
  return { items, truncated: hasMore || items.length < found.length };
}

/** What several questions gave, each record once, in the order of the lists. */
export function mergeDistinct<T>(
  found: readonly T[],
  positionOf: (item: T) => Position,
  order: 'newest first' | 'oldest first',
): readonly T[] {
  const once = [...new Map(found.map((item) => [positionOf(item).id, item])).values()];
  return once.sort((one, other) => {
    const compared = newestFirst(positionOf(one), positionOf(other));
    return order === 'newest first' ? compared : -compared;
  });
}
