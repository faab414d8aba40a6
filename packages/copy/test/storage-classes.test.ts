import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { TargetColumn } from '@holdfast/copy/postgres/target-table';
import { copyField } from '../src/rows/copy-text.js';
import { converterFor } from '../src/rows/converters.js';
import { apparentTextClass, distinctConverter, type Mixture } from '../src/rows/mixed-values.js';
import { Reject, storageClassOf, type Value } from '../src/rows/value.js';
import type { SourceColumn } from '../src/sqlite/source-table.js';
import { RowDigest } from '../src/verify/row-digest.js';

const ALL: Mixture = { numbers: true, texts: true, blobs: true };

function column(type: string, mixture: Mixture | undefined): TargetColumn {
  const convert = converterFor(type);
  if (!convert) throw new TypeError(type);
  const source: SourceColumn = {
    name: 'v',
    declaredType: '',
    affinity: 'BLOB',
    notNull: false,
    defaultSql: null,
    generated: false,
    expression: undefined,
    collation: undefined,
  };
  return { source, name: 'v', type, declaredType: type, convert, mixture, missing: null };
}

const digestOfSource = (columns: readonly TargetColumn[], value: Value) => {
  const digest = new RowDigest(columns);
  digest.addSource([value]);
  return String(digest);
};

const digestOfTarget = (columns: readonly TargetColumn[], field: string) => {
  const digest = new RowDigest(columns);
  digest.takeStored(Buffer.from(`${field}\n`));
  return String(digest);
};

describe('the digest of a column of several storage classes', () => {
  const values: readonly Value[] = [1n, '1', Buffer.from('1'), 1, '1.0'];

  it('is another for each of them, where it was the same before', () => {
    const apart = [column('bytea', ALL)];
    expect(new Set(values.map((value) => digestOfSource(apart, value))).size).toBe(values.length);
    const alike = [column('bytea', undefined)];
    expect(new Set(values.map((value) => digestOfSource(alike, value))).size).toBe(2);
  });

  it('agrees with what is stored only for the class that it is taken for', () => {
    const apart = [column('bytea', ALL)];
    const stored = digestOfTarget(apart, copyField(Buffer.from('1')));
    const agreeing = values.filter((value) => digestOfSource(apart, value) === stored);
    expect(agreeing).toEqual([1n]);
  });
});

const anyValue: fc.Arbitrary<Exclude<Value, null>> = fc.oneof(
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
  fc.integer({ min: -99, max: 99 }).map(BigInt),
  fc.double({ noNaN: true }),
  fc.string(),
  fc.integer({ min: -99, max: 99 }).map(String),
  fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
);

it.each(['text', 'bytea'])('no two values that %s takes become the same', (type) => {
  const convert = distinctConverter(column(type, ALL).convert, ALL, '');
  fc.assert(
    fc.property(anyValue, anyValue, (one, other) => {
      const [a, b] = [convert(one), convert(other)];
      if (a instanceof Reject || b instanceof Reject) return;
      const isSame = String(a) === String(b);
      expect(isSame && storageClassOf(one) !== storageClassOf(other)).toBe(false);
    }),
    { numRuns: 2000 },
  );
});

it.each([
  ['0', 'integer'],
  ['-0', 'text'],
  ['00', 'text'],
  ['9223372036854775807', 'integer'],
  ['9223372036854775808', 'text'],
  ['1.5', 'real'],
  ['1.50', 'text'],
  ['1e3', 'text'],
  ['1e+21', 'real'],
  ['-Infinity', 'real'],
  ['NaN', 'text'],
  [' 1', 'text'],
  ['0x10', 'text'],
  ['', 'text'],
])('%j among numbers reads as %s', (text, apparent) => {
  expect(apparentTextClass(text)).toBe(apparent);
});
