import { describe, expect, it } from '@jest/globals';
import {
  compareSchemas,
  describeDifference,
  type Difference,
} from '../src/schema/compare-schemas.js';
import type { Column, Constraint, Index, Table } from '../src/schema/schema.js';

const column = (changed: Partial<Column> = {}): Column => ({
  type: 'text',
  nullability: 'NULL',
  default: null,
  collation: null,
  generated: null,
  ...changed,
});

const constraint = (changed: Partial<Constraint> = {}): Constraint => ({
  kind: 'check constraint',
  definition: 'CHECK (a > 0)',
  validated: true,
  ...changed,
});

const index = (changed: Partial<Index> = {}): Index => ({
  definition: '(a)',
  valid: true,
  ...changed,
});

interface Parts {
  readonly columns?: Readonly<Record<string, Column>>;
  readonly constraints?: Readonly<Record<string, Constraint>>;
  readonly indexes?: Readonly<Record<string, Index>>;
}

const table = ({ columns = {}, constraints = {}, indexes = {} }: Parts): Table => ({
  columns: new Map(Object.entries(columns)),
  constraints: new Map(Object.entries(constraints)),
  indexes: new Map(Object.entries(indexes)),
});

/** The differences of one table, each as [object, name, expected, live] and as a sentence. */
function compare(expected: Parts, live: Parts) {
  const found = compareSchemas(new Map([['t', table(expected)]]), new Map([['t', table(live)]]));
  return {
    points: found.map((each) => [each.object, each.name, each.expected, each.live]),
    sentences: found.map(describeDifference),
    tables: [...new Set(found.map((each: Difference) => each.table))],
  };
}

/** What differs, the expected part, the live part, and what is said about it. */
type Case = readonly [string, Parts, Parts, readonly (string | null)[], string];

const columnCase = (
  what: string,
  expected: Partial<Column>,
  live: Partial<Column>,
  point: readonly (string | null)[],
  sentence: string,
): Case => [
  what,
  { columns: { a: column(expected) } },
  { columns: { a: column(live) } },
  point,
  sentence,
];

const CASES: readonly Case[] = [
  [
    'a missing column',
    { columns: { a: column({ nullability: 'NOT NULL', default: '0', collation: '"C"' }) } },
    {},
    ['column', 'a', 'text COLLATE "C" NOT NULL DEFAULT 0', null],
    't: column a is missing, expected text COLLATE "C" NOT NULL DEFAULT 0',
  ],
  [
    'an extra column',
    {},
    { columns: { a: column({ generated: 'GENERATED ALWAYS AS IDENTITY' }) } },
    ['column', 'a', null, 'text GENERATED ALWAYS AS IDENTITY NULL'],
    't: column a is made by no migration: text GENERATED ALWAYS AS IDENTITY NULL',
  ],
  columnCase(
    'a type',
    {},
    { type: 'integer' },
    ['type of column', 'a', 'text', 'integer'],
    't: type of column a is integer, expected text',
  ),
  columnCase(
    'a column that may be NULL',
    { nullability: 'NOT NULL' },
    {},
    ['nullability of column', 'a', 'NOT NULL', 'NULL'],
    't: nullability of column a is NULL, expected NOT NULL',
  ),
  columnCase(
    'a NOT NULL that was never validated',
    { nullability: 'NOT NULL' },
    { nullability: 'NOT NULL NOT VALID' },
    ['nullability of column', 'a', 'NOT NULL', 'NOT NULL NOT VALID'],
    't: nullability of column a is NOT NULL NOT VALID, expected NOT NULL',
  ),
  columnCase(
    'a default that is gone',
    { default: '0' },
    {},
    ['default of column', 'a', '0', 'none'],
    't: default of column a is none, expected 0',
  ),
  columnCase(
    'a default where there is none',
    {},
    { default: '0' },
    ['default of column', 'a', 'none', '0'],
    't: default of column a is 0, expected none',
  ),
  columnCase(
    'a collation',
    { collation: '"C"' },
    {},
    ['collation of column', 'a', '"C"', 'default'],
    't: collation of column a is default, expected "C"',
  ),
  columnCase(
    'how a column is generated',
    {},
    { generated: 'GENERATED ALWAYS AS IDENTITY' },
    ['generation of column', 'a', 'none', 'GENERATED ALWAYS AS IDENTITY'],
    't: generation of column a is GENERATED ALWAYS AS IDENTITY, expected none',
  ),
  ...(
    [
      'primary key',
      'unique constraint',
      'check constraint',
      'foreign key',
      'exclusion constraint',
    ] as const
  ).flatMap((kind): readonly Case[] => [
    [
      `a missing ${kind}`,
      { constraints: { c: constraint({ kind }) } },
      {},
      [kind, 'c', 'CHECK (a > 0)', null],
      `t: ${kind} c is missing, expected CHECK (a > 0)`,
    ],
    [
      `an extra ${kind}`,
      {},
      { constraints: { c: constraint({ kind, validated: false }) } },
      [kind, 'c', null, 'CHECK (a > 0) NOT VALID'],
      `t: ${kind} c is made by no migration: CHECK (a > 0) NOT VALID`,
    ],
    [
      `a different ${kind}`,
      { constraints: { c: constraint({ kind }) } },
      { constraints: { c: constraint({ kind, definition: 'another' }) } },
      [kind, 'c', 'CHECK (a > 0)', 'another'],
      `t: ${kind} c is another, expected CHECK (a > 0)`,
    ],
    [
      `a ${kind} that was never validated`,
      { constraints: { c: constraint({ kind }) } },
      { constraints: { c: constraint({ kind, validated: false }) } },
      [`validity of ${kind}`, 'c', 'valid', 'NOT VALID'],
      `t: validity of ${kind} c is NOT VALID, expected valid`,
    ],
    [
      `a ${kind} under another name`,
      { constraints: { c: constraint({ kind }) } },
      { constraints: { d: constraint({ kind }) } },
      [`name of ${kind}`, 'c', 'c', 'd'],
      `t: name of ${kind} c is d, expected c`,
    ],
  ]),
  [
    'a constraint that goes by its definition',
    { constraints: { 'CHECK (a > 0)': constraint() } },
    {},
    ['check constraint', 'CHECK (a > 0)', 'CHECK (a > 0)', null],
    't: check constraint CHECK (a > 0) is missing',
  ],
  [
    'a missing index',
    { indexes: { i: index() } },
    {},
    ['index', 'i', '(a)', null],
    't: index i is missing, expected (a)',
  ],
  [
    'an extra index that is not valid',
    {},
    { indexes: { i: index({ valid: false }) } },
    ['index', 'i', null, '(a) INVALID'],
    't: index i is made by no migration: (a) INVALID',
  ],
  [
    'an index of other columns',
    { indexes: { i: index() } },
    { indexes: { i: index({ definition: '(a DESC)' }) } },
    ['index', 'i', '(a)', '(a DESC)'],
    't: index i is (a DESC), expected (a)',
  ],
  [
    'an index that is not valid',
    { indexes: { i: index() } },
    { indexes: { i: index({ valid: false }) } },
    ['validity of index', 'i', 'valid', 'INVALID'],
    't: validity of index i is INVALID, expected valid',
  ],
  [
    'an index under another name',
    { indexes: { i: index() } },
    { indexes: { j: index() } },
    ['name of index', 'i', 'i', 'j'],
    't: name of index i is j, expected i',
  ],
];

describe('two schemas', () => {
  it.each(CASES)('that differ by %s', (_what, expected, live, point, sentence) => {
    expect(compare(expected, live)).toEqual({
      points: [point],
      sentences: [sentence],
      tables: ['t'],
    });
    expect(compare(expected, expected).points).toEqual([]);
    expect(compare(live, live).points).toEqual([]);
  });

  it('a table that is missing is one difference', () => {
    const expected = new Map([['t', table({ columns: { a: column(), b: column() } })]]);
    const found = compareSchemas(expected, new Map());
    expect(found).toEqual([
      { table: 't', object: 'table', name: 't', expected: 'a table', live: null },
    ]);
    expect(found.map(describeDifference)).toEqual(['table t is missing']);
  });

  it('tables that no migration makes do not matter', () => {
    const ours = table({ columns: { a: column() } });
    const live = new Map([
      ['t', ours],
      ['of_somebody_else', table({ indexes: { i: index({ valid: false }) } })],
    ]);
    expect(compareSchemas(new Map([['t', ours]]), live)).toEqual([]);
    expect(compareSchemas(new Map(), live)).toEqual([]);
  });

  it('the order of columns does not matter', () => {
    const one = { columns: { a: column(), b: column({ type: 'integer' }) } };
    const other = { columns: { b: column({ type: 'integer' }), a: column() } };
    expect(compare(one, other).points).toEqual([]);
  });

  it('a column under another name is one that is missing and one that is extra', () => {
    const { sentences } = compare({ columns: { a: column() } }, { columns: { b: column() } });
    expect(sentences).toEqual([
      't: column a is missing, expected text NULL',
      't: column b is made by no migration: text NULL',
    ]);
  });

  it('every point of a part that differs in several is named', () => {
    const { points } = compare(
      { columns: { a: column({ default: '0' }) }, indexes: { i: index() } },
      {
        columns: { a: column({ type: 'integer', nullability: 'NOT NULL' }) },
        indexes: { i: index({ definition: '(b)', valid: false }) },
      },
    );
    expect(points.map(([object]) => object)).toEqual([
      'type of column',
      'nullability of column',
      'default of column',
      'index',
      'validity of index',
    ]);
  });

  it('two of the same definition: each extra one is the other name of one at most', () => {
    const { points } = compare(
      { indexes: { i: index(), j: index() } },
      { indexes: { k: index() } },
    );
    expect(points).toEqual([
      ['name of index', 'i', 'i', 'k'],
      ['index', 'j', '(a)', null],
    ]);
  });

  it('an index of the same definition that is not valid is not the same under another name', () => {
    const { points } = compare(
      { indexes: { i: index() } },
      { indexes: { j: index({ valid: false }) } },
    );
    expect(points.map(([object, name]) => [object, name])).toEqual([
      ['index', 'i'],
      ['index', 'j'],
    ]);
  });
});
