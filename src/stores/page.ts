import type { Instant } from './instant.js';

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

/**
 * Orders as the databases do: newest first, then by identifier, descending. Identifiers compare by
 * bytes; UTF-16 would order characters beyond the basic plane otherwise.
 */
export function newestFirst(one: Position, other: Position): number {
  if (one.createdAt !== other.createdAt) return one.createdAt > other.createdAt ? -1 : 1;
  return Buffer.compare(Buffer.from(other.id), Buffer.from(one.id));
}
