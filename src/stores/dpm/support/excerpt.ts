import { newestFirst, type Position } from '../../page.js';

/** The first of some records, and whether there are more. */
export interface Excerpt<T> {
  readonly items: readonly T[];
  readonly truncated: boolean;
}

/**
 * Puts together what several questions gave, each record once, in the order of the lists.
 * @param found of each question, one record more than the limit when there are as many
 */
export function excerptOf<T>(
  found: readonly T[],
  positionOf: (item: T) => Position,
  order: 'newest first' | 'oldest first',
  limit: number,
): Excerpt<T> {
  const once = [...new Map(found.map((item) => [positionOf(item).id, item])).values()];
  const items = once.sort((one, other) => {
    const compared = newestFirst(positionOf(one), positionOf(other));
    return order === 'newest first' ? compared : -compared;
  });
  return { items: items.slice(0, limit), truncated: items.length > limit };
}
