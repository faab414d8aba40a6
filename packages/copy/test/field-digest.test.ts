import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BinaryBlock } from '../src/rows/binary-block.js';
import { writeValue } from '../src/rows/binary-values.js';
import { FieldDigest } from '../src/verify/field-digest.js';
import { Rest } from '../src/verify/rest.js';

const newDigest = () => new FieldDigest([{ kind: 'text', bytes: 8 }]);

/** Rows of one text, as COPY's binary format has them. */
function rowsOf(texts: readonly string[]): Buffer {
  const block = new BinaryBlock();
  for (const text of texts) {
    block.beginRow(1);
    block.writeText(text);
  }
  return block.take();
}

function digestOf(texts: readonly string[]): string {
  const digest = newDigest();
  const bytes = rowsOf(texts);
  expect(digest.takeStored(bytes)).toBe(bytes.length);
  return String(digest);
}

const text = fc.string({ maxLength: 40 });

it('is the same for the same rows in any order, wherever pieces begin', () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 20 }), fc.nat(), (texts, seed) => {
      const bytes = rowsOf(texts.toReversed());
      const cut = bytes.length === 0 ? 0 : seed % bytes.length;
      const digest = newDigest();
      const taken = digest.takeStored(bytes.subarray(0, cut));
      expect(taken).toBeLessThanOrEqual(cut);
      // At another place in memory.
      digest.takeStored(Buffer.concat([Buffer.from('x'), bytes.subarray(taken)]).subarray(1));
      expect(String(digest)).toBe(digestOf(texts));
    }),
  );
});

it('is another when any one byte of a row is another', () => {
  const bytes = rowsOf(['The quick brown fox jumps over the lazy dog']);
  const digests = new Set<string>();
  // The first six bytes are the count of fields and the length of the first.
  for (let at = 6; at < bytes.length; at += 1) {
    for (let value = 0; value < 256; value += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = value;
      const digest = newDigest();
      digest.takeStored(changed);
      digests.add(String(digest));
    }
  }
  expect(digests.size).toBe((bytes.length - 6) * 255 + 1);
});

it('is another when a row is missing, there twice, longer, or cut', () => {
  const digests = [['a', 'b'], ['a'], ['a', 'b', 'b'], ['a', 'b\0'], ['a', ''], ['ab'], []];
  expect(new Set(digests.map(digestOf)).size).toBe(digests.length);
});

it('is the same for a long row, whatever the pieces that it comes in', () => {
  const long = ['short', 'x'.repeat(300_001), '', 'é'.repeat(400_003), 'last'];
  const bytes = rowsOf(long);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 400_000 }), { maxLength: 20 }), (sizes) => {
      const digest = newDigest();
      const rest = new Rest((piece) => digest.takeStored(piece));
      let from = 0;
      for (const size of sizes) {
        rest.add(bytes.subarray(from, from + size));
        from = Math.min(from + size, bytes.length);
      }
      rest.add(bytes.subarray(from));
      rest.take();
      expect(String(digest)).toBe(digestOf(long));
    }),
    { numRuns: 30 },
  );
});

it('keeps no more than a few bytes of a long row', () => {
  const digest = newDigest();
  const bytes = rowsOf(['x'.repeat(1_000_000)]);
  expect(digest.takeStored(bytes.subarray(0, 500_001))).toBeGreaterThanOrEqual(499_998);
});

const COLUMNS = [
  { kind: 'integer', bytes: 8 },
  { kind: 'blob', bytes: 8 },
  { kind: 'real', bytes: 8 },
  { kind: 'text', bytes: 8 },
  { kind: 'integer', bytes: 2 },
  { kind: 'text', bytes: 8 },
] as const;

const LONG = Buffer.alloc(300_001, 'xyz');

const longRow = fc.tuple(
  fc.option(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)),
  fc.option(fc.constantFrom(LONG, Buffer.from('short'), Buffer.alloc(0))),
  fc.option(fc.constantFrom(0, -0, 0.5)),
  fc.option(fc.constantFrom('é'.repeat(200_001), 'short', '')),
  fc.option(fc.bigInt(-32768n, 32767n)),
  fc.option(fc.constantFrom('', 'last')),
);

it('is the same for rows of any columns, whatever the pieces that they come in', () => {
  fc.assert(
    fc.property(
      fc.array(longRow, { minLength: 1, maxLength: 4 }),
      fc.array(fc.integer({ min: 1, max: 300_000 }), { maxLength: 30 }),
      (rows, sizes) => {
        const block = new BinaryBlock();
        for (const values of rows) {
          block.beginRow(COLUMNS.length);
          for (const [index, value] of values.entries())
            writeValue(block, value, COLUMNS[index] ?? { bytes: 8 });
        }
        const bytes = block.take();
        const whole = new FieldDigest(COLUMNS);
        expect(whole.takeStored(bytes)).toBe(bytes.length);
        const digest = new FieldDigest(COLUMNS);
        const rest = new Rest((piece) => digest.takeStored(piece));
        let from = 0;
        for (const size of sizes) {
          rest.add(bytes.subarray(from, from + size));
          from = Math.min(from + size, bytes.length);
        }
        rest.add(bytes.subarray(from));
        rest.take();
        expect(String(digest)).toBe(String(whole));
      },
    ),
  );
});

it.each([
  ['few bits', [1n, -(2n ** 31n), 2n ** 31n - 1n], true],
  ['more bits', [1n, 2n ** 31n], false],
  ['NULL', [1n, null], false],
] as const)('knows whether all numbers are plain: %s', (_, numbers, isPlain) => {
  const rows = numbers.map((value) => {
    const bytes = Buffer.alloc(value === null ? 6 : 14);
    bytes.writeInt16BE(1);
    bytes.writeInt32BE(value === null ? -1 : 8, 2);
    if (value !== null) bytes.writeBigInt64BE(value, 6);
    return bytes;
  });
  const column = { kind: 'integer', bytes: 8 } as const;
  const digest = new FieldDigest([column]);
  expect(digest.isPlain).toBe(true);
  digest.takeStored(Buffer.concat(rows));
  expect(digest.isPlain).toBe(isPlain);
  // Nothing is known of those before.
  expect(new FieldDigest([column], String(digest)).isPlain).toBeUndefined();
});
