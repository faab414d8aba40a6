import type { Position } from '@holdfast/core/page';

/** Something that a store's port gave, for a comparison with what it gives on another database. */
export interface StoredRecord {
  readonly kind: string;
  readonly id: string;
  readonly value: unknown;
}

/** Most records of one kind: what is stored is compared row by row elsewhere. */
export const MOST_RECORDS = 5000;

const PAGE = 200;

/** The newest items of a list, page by page. */
export async function* newest<Item>(
  list: (limit: number, after?: Position) => Promise<readonly Item[]>,
  positionOf: (item: Item) => Position,
): AsyncGenerator<Item, void, undefined> {
  let after: Position | undefined;
  for (let given = 0; given < MOST_RECORDS; given += PAGE) {
    const items = await list(PAGE, after);
    yield* items;
    const last = items.at(-1);
    if (!last || items.length < PAGE) return;
    after = positionOf(last);
  }
}
