import { pgType } from '../rows/pg-type.js';
import { Reject, type Value } from '../rows/value.js';
import type { TargetColumn } from './target-table.js';

/** What a page of 8 KB has room for: https://www.postgresql.org/docs/current/storage-page-layout.html */
export const MAX_ROW_BYTES = 8160;

/** Bytes of a value that is kept elsewhere, or compressed. */
const POINTER_BYTES = 18;

interface Fixed {
  readonly bytes: number;
  readonly align: number;
}

const FIXED: Readonly<Record<string, Fixed>> = {
  smallint: { bytes: 2, align: 2 },
  integer: { bytes: 4, align: 4 },
  bigint: { bytes: 8, align: 8 },
  real: { bytes: 4, align: 4 },
  'double precision': { bytes: 8, align: 8 },
  boolean: { bytes: 1, align: 1 },
  date: { bytes: 4, align: 4 },
  'time without time zone': { bytes: 8, align: 8 },
  'timestamp without time zone': { bytes: 8, align: 8 },
  'timestamp with time zone': { bytes: 8, align: 8 },
  interval: { bytes: 16, align: 8 },
  uuid: { bytes: 16, align: 1 },
};

/** Whether a row could be too big at all, so that it is worth looking. */
export function mayBeTooBig(columns: readonly TargetColumn[]): boolean {
  const most = columns.reduce(
    (sum, { type }) => sum + (FIXED[pgType(type).name]?.bytes ?? POINTER_BYTES) + 7,
    0,
  );
  return most > MAX_ROW_BYTES;
}

/** What a row takes in its table when all that can be kept elsewhere is. */
export function leastRowBytes(
  columns: readonly TargetColumn[],
  values: readonly (Value | Reject)[],
): number {
  const hasNulls = values.some((value) => value === null);
  const header = aligned(23 + (hasNulls ? Math.ceil(columns.length / 8) : 0), 8);
  let at = header;
  for (const [index, { type }] of columns.entries()) {
    const value = values[index] ?? null;
    if (value === null) continue;
    const fixed = FIXED[pgType(type).name];
    at = fixed ? aligned(at, fixed.align) + fixed.bytes : at + shortBytes(value);
  }
  return aligned(at, 8);
}

/** With the byte that tells its length. */
function shortBytes(value: Exclude<Value, null> | Reject): number {
  if (value instanceof Reject) return 1;
  if (typeof value === 'bigint' || typeof value === 'number') return 1 + String(value).length / 2;
  return Math.min(POINTER_BYTES, 1 + Buffer.byteLength(value));
}

function aligned(at: number, to: number): number {
  return Math.ceil(at / to) * to;
}
