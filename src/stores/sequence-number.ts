/** Something that has a number among what belongs to one record: 1, 2, 3, … */
export interface Numbered {
  readonly sequenceNo: number;
}

/** Where it stands among them. */
export function sequenceNoOf({ sequenceNo }: Numbered): number {
  return sequenceNo;
}

/** @param items in the order of their numbers */
export function itemsAfter<Item extends Numbered>(
  items: readonly Item[],
  limit: number,
  after: number,
): readonly Item[] {
  return items.filter(({ sequenceNo }) => sequenceNo > after).slice(0, limit);
}
