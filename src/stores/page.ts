import { type CreatedRange, type FineInstant, type Instant, storedTime } from './instant.js';

/** Part of a list, newest first. */
export interface Page<T> {
  readonly items: readonly T[];
  /** The last item, when more follow: the next page starts after it. */
  readonly next: T | null;
}

/** @param found what a list gave when it was asked for one more than the limit */
export function pageOf<T>(found: readonly T[], limit: number): Page<T> {
  const items = found.slice(0, limit);
  return { items, next: found.length > limit ? (items.at(-1) ?? null) : null };
}

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
export function startOf({ createdTo }: CreatedRange, after: Position | undefined): PageStart {
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
