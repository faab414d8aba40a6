/** A name that becomes another. */
export interface Rename {
  /** What the name is one of: `column of orders`. */
  readonly of: string;
  readonly from: string;
  readonly to: string;
}

/** Whether what is renamed has another name in the end, after the renames that come later. */
export function isForGood(own: Rename, later: readonly Rename[]): boolean {
  let name = own.to;
  for (const { of, from, to } of later) if (of === own.of && from === name) name = to;
  return name !== own.from;
}
