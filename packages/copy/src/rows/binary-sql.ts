import { quoted } from '../sqlite/identifiers.js';
import type { PlainColumn } from './plain-columns.js';

/** Rows with more bytes of texts and blobs are not made by SQL, so that no block gets long. */
const MAX_BYTES = 64 * 1024;

/** Its expressions are at most 1,000 deep. */
const MAX_COLUMNS = 200;

const NULL_LENGTH = "x'ffffffff'";

/**
 * SQL of SQLite that makes one row of COPY's binary format, and NULL of a row that is too long: it can
 * join bytes, and write whole numbers as bytes by way of their digits.
 * @returns undefined for columns with reals, whose bytes it cannot get at, and for too many columns
 */
export function binarySql(columns: readonly PlainColumn[]): string | undefined {
  if (columns.length > MAX_COLUMNS || columns.some(({ kind }) => kind === 'real')) return undefined;
  const count = `x'${columns.length.toString(16).padStart(4, '0')}'`;
  const row = [count, ...columns.map(fieldSql)].join(' || ');
  const lengths = columns
    .filter(({ kind }) => kind !== 'integer')
    .map(({ name }) => `coalesce(octet_length(${quoted(name)}), 0)`);
  return lengths.length === 0
    ? row
    : `CASE WHEN ${lengths.join(' + ')} <= ${MAX_BYTES} THEN ${row} END`;
}

function fieldSql({ name, kind, bytes, hasNulls }: PlainColumn): string {
  const value = quoted(name);
  const sql =
    kind === 'integer'
      ? `x'${bytes.toString(16).padStart(8, '0')}' || ${integerSql(value, bytes)}`
      : `unhex(format('%08x', octet_length(${value}))) || ${value}`;
  return hasNulls ? `CASE WHEN ${value} IS NULL THEN ${NULL_LENGTH} ELSE ${sql} END` : sql;
}

/** As two's complement. */
function integerSql(value: string, bytes: PlainColumn['bytes']): string {
  const bits = bytes === 8 ? value : `(${value} & ${2 ** (bytes * 8) - 1})`;
  return `unhex(format('%0${bytes * 2}x', ${bits}))`;
}
