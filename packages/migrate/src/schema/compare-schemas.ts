import type { Column, Constraint, Index, Schema, Table } from './schema.js';

/** One point in which a live table is not what the migrations make. */
export interface Difference {
  readonly table: string;
  /** What differs, for example `column`, `type of column`, `validity of index`. */
  readonly object: string;
  readonly name: string;
  /** What the migrations make; null for something that they do not make. */
  readonly expected: string | null;
  /** What is there; null for something that is missing. */
  readonly live: string | null;
}

type Point = Omit<Difference, 'table'>;

/** What a kind of named part of a table is compared by. */
interface Comparison<Part> {
  readonly objectOf: (part: Part) => string;
  readonly describe: (part: Part) => string;
  /** The points of two parts of the same name. */
  readonly differences: (
    expected: Part,
    live: Part,
  ) => readonly (readonly [string, string, string])[];
  /** Whether a part that is only there under another name is the same. */
  readonly sameByDefinition: boolean;
}

/**
 * Everything in which the tables of `expected` differ in `live`: what is missing, what is
 * different, and what is extra. Other tables are none of its business, and the order of columns
 * does not matter.
 */
export function compareSchemas(expected: Schema, live: Schema): readonly Difference[] {
  return [...expected].flatMap(([table, wanted]) => {
    const found = live.get(table);
    const points: readonly Point[] = found
      ? compareTables(wanted, found)
      : [{ object: 'table', name: table, expected: 'a table', live: null }];
    return points.map((point) => ({ table, ...point }));
  });
}

/** The difference in a sentence for an operator, without a full stop. */
export function describeDifference({ table, object, name, expected, live }: Difference): string {
  const what = object === 'table' ? `table ${name}` : `${table}: ${object} ${name}`;
  if (live === null) {
    return `${what} is missing${isReported(name, expected) ? '' : `, expected ${expected}`}`;
  }
  if (expected === null) {
    return `${what} is made by no migration${isReported(name, live) ? '' : `: ${live}`}`;
  }
  return `${what} is ${live}, expected ${expected}`;
}

/** Whether the name says already what something is. */
function isReported(name: string, description: string | null): boolean {
  return description === null || description === name || description === 'a table';
}

function compareTables(expected: Table, live: Table): readonly Point[] {
  return [
    ...compareParts(expected.columns, live.columns, COLUMNS),
    ...compareParts(expected.constraints, live.constraints, CONSTRAINTS),
    ...compareParts(expected.indexes, live.indexes, INDEXES),
  ];
}

const COLUMNS: Comparison<Column> = {
  objectOf: () => 'column',
  describe: ({ type, collation, generated, nullability, default: value }) =>
    [
      type,
      ...(collation === null ? [] : [`COLLATE ${collation}`]),
      ...(generated === null ? [] : [generated]),
      nullability,
      ...(value === null ? [] : [`DEFAULT ${value}`]),
    ].join(' '),
  differences: (expected, live) => [
    ['type of column', expected.type, live.type],
    ['nullability of column', expected.nullability, live.nullability],
    ['default of column', expected.default ?? 'none', live.default ?? 'none'],
    ['collation of column', expected.collation ?? 'default', live.collation ?? 'default'],
    ['generation of column', expected.generated ?? 'none', live.generated ?? 'none'],
  ],
  sameByDefinition: false,
};

const CONSTRAINTS: Comparison<Constraint> = {
  objectOf: ({ kind }) => kind,
  describe: ({ definition, validated }) => `${definition}${validated ? '' : ' NOT VALID'}`,
  differences: (expected, live) => [
    [expected.kind, expected.definition, live.definition],
    [`validity of ${expected.kind}`, validity(expected.validated), validity(live.validated)],
  ],
  sameByDefinition: true,
};

const INDEXES: Comparison<Index> = {
  objectOf: () => 'index',
  describe: ({ definition, valid }) => `${definition}${valid ? '' : ' INVALID'}`,
  differences: (expected, live) => [
    ['index', expected.definition, live.definition],
    ['validity of index', validity(expected.valid, 'INVALID'), validity(live.valid, 'INVALID')],
  ],
  sameByDefinition: true,
};

function validity(valid: boolean, otherwise = 'NOT VALID'): string {
  return valid ? 'valid' : otherwise;
}

function compareParts<Part>(
  expected: ReadonlyMap<string, Part>,
  live: ReadonlyMap<string, Part>,
  { objectOf, describe, differences, sameByDefinition }: Comparison<Part>,
): readonly Point[] {
  const points: Point[] = [];
  const extra = new Map([...live].filter(([name]) => !expected.has(name)));
  for (const [name, part] of expected) {
    const found = live.get(name);
    if (found) {
      for (const [object, wanted, there] of differences(part, found)) {
        if (wanted !== there) points.push({ object, name, expected: wanted, live: there });
      }
      continue;
    }
    const object = objectOf(part);
    const renamed = sameByDefinition
      ? [...extra].find(
          ([, other]) => objectOf(other) === object && describe(other) === describe(part),
        )?.[0]
      : undefined;
    if (renamed === undefined) {
      points.push({ object, name, expected: describe(part), live: null });
    } else {
      extra.delete(renamed);
      points.push({ object: `name of ${object}`, name, expected: name, live: renamed });
    }
  }
  for (const [name, part] of extra) {
    points.push({ object: objectOf(part), name, expected: null, live: describe(part) });
  }
  return points;
}
