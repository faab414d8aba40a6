import type { CreatedRange } from '@holdfast/core/instant';
import type { Position } from '@holdfast/core/page';

/** What every list promises, written down a second time: the range and the order. */

/** Newest first; at the same time, the identifier with the greater bytes first. */
export function newestFirst(one: Position, other: Position): number {
  return (
    Date.parse(other.createdAt) - Date.parse(one.createdAt) ||
    Buffer.compare(Buffer.from(other.id), Buffer.from(one.id))
  );
}

export function isCreatedWithin(createdAt: string, range: CreatedRange): boolean {
  const { createdFrom, createdTo } = range;
  return (
    (createdFrom === undefined || micros(createdAt) >= micros(createdFrom)) &&
    (createdTo === undefined || micros(createdAt) < micros(createdTo))
  );
}

/** Microseconds since 1970; `Date` knows milliseconds only. */
function micros(time: string): bigint {
  const [, seconds = '', fraction = ''] = /^([^.]*)\.(\d+)Z$/.exec(time) ?? [];
  return BigInt(Date.parse(`${seconds}Z`)) * 1000n + BigInt(fraction.padEnd(6, '0'));
}
