import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BinaryBlock } from '../src/rows/binary-block.js';
import { LineRows } from '../src/rows/line-rows.js';
import { IS_TEXT } from '../src/rows/line-sql.js';
import type { PlainColumn } from '../src/rows/plain-columns.js';

const column = (kind: PlainColumn['kind'], hasNulls = false, bytes: 2 | 4 | 8 = 8) =>
  ({ kind, bytes, hasNulls }) as PlainColumn;

const COLUMNS = [
  column('integer'),
  column('real', true),
  column('text'),
  column('integer', true, 4),
  column('text', true),
  column('real'),
  column('integer', false, 2),
];

const text = fc
  .string({ unit: 'grapheme', maxLength: 20 })
  .map((each) => each.replaceAll('\0', ''));
const real = fc.double({ noNaN: true });
const row = fc.tuple(
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
  fc.option(real),
  text,
  fc.option(fc.integer()),
  fc.option(text),
  real,
  fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 }),
);

/** As `lineSql` has SQLite write them. */
function linesOf(rows: readonly (readonly (bigint | number | string | null)[])[]): Buffer {
  const fields = rows.flatMap((values) =>
    COLUMNS.flatMap(({ kind, hasNulls }, index) => {
      const value = values[index] ?? null;
      if (kind === 'real') return [];
      if (value === null) return ['\0'];
      return [`${kind === 'text' && hasNulls ? IS_TEXT : ''}${String(value)}\0`];
    }),
  );
  return Buffer.from(fields.join(''));
}

it('makes of lines what values make one by one', () => {
  const lineRows = new LineRows(COLUMNS);
  fc.assert(
    fc.property(fc.array(row, { maxLength: 8 }), (rows) => {
      const block = new BinaryBlock();
      for (const values of rows) {
        block.beginRow(COLUMNS.length);
        for (const [index, value] of values.entries()) {
          const { kind = '', bytes = 8 } = COLUMNS[index] ?? {};
          if (value === null) block.writeNull();
          else if (kind === 'text') block.writeText(String(value));
          else if (kind === 'real') block.writeReal(Number(value));
          else block.writeInteger(BigInt(value), bytes);
        }
      }
      const reals = [1, 5].map((index) => rows.map((values) => values[index] as number | null));
      const made = lineRows.encode(linesOf(rows), rows.length, reals);
      expect(made?.equals(block.take())).toBe(true);
    }),
  );
});

it.each([
  ['a field too many', 1, '1\0a\0b\0'],
  ['a field too few', 2, '1\0a\x002\0'],
  ['no end', 1, '1\0a'],
  ['digits without an end', 1, '1'],
  ['no digits', 1, '\0a\0'],
  ['a sign alone', 1, '-\0a\0'],
  ['a real among integers', 1, '1.5\0a\0'],
  ['a text among integers', 1, 'a\0a\0'],
])('makes nothing of lines with %s', (_, rows, lines) => {
  const lineRows = new LineRows([column('integer'), column('text')]);
  expect(lineRows.encode(Buffer.from('1\0a\0'), 1, [])).toBeDefined();
  expect(lineRows.encode(Buffer.from(lines), rows, [])).toBeUndefined();
});

it('makes nothing of a text that is not marked where there may be none', () => {
  const lineRows = new LineRows([column('text', true)]);
  expect(lineRows.encode(Buffer.from('\0=\0=a\0'), 3, [])).toBeDefined();
  expect(lineRows.encode(Buffer.from('a\0'), 1, [])).toBeUndefined();
});
