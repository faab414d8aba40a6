import type { BinaryBlock } from './binary-block.js';
import type { PlainColumn } from './plain-columns.js';
import type { SourceRow } from './read-rows.js';
import { HAS_NUL } from './text-converters.js';
import { Reject, storageClassOf, type Value } from './value.js';

/** Whether the values of a row are what their columns were concluded to hold. */
export function areOfKind(values: SourceRow['values'], columns: readonly PlainColumn[]): boolean {
  return columns.every(({ kind }, index) => {
    const value = values[index] ?? null;
    // Only a text is ever refused before it is looked at.
    return value === null || kind === (value instanceof Reject ? 'text' : storageClassOf(value));
  });
}

/** Why PostgreSQL does not take a value; undefined where it does. */
export function faultOf(value: Value | Reject): Reject | undefined {
  if (value instanceof Reject) return value;
  return typeof value === 'string' && value.includes('\0') ? HAS_NUL : undefined;
}

/** @param value without a fault */
export function writeValue(
  block: BinaryBlock,
  value: Value | Reject,
  { bytes }: Pick<PlainColumn, 'bytes'>,
): void {
  if (value === null || value instanceof Reject) block.writeNull();
  else if (typeof value === 'bigint') block.writeInteger(value, bytes);
  else if (typeof value === 'number') block.writeReal(value);
  else if (typeof value === 'string') block.writeText(value);
  else block.writeBytes(value);
}
