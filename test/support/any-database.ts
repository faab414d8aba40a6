import Sqlite from 'better-sqlite3';
import fc from 'fast-check';

/** A table, as it is written in SQLite, and in PostgreSQL when it is there before the copy. */
export interface AnyTable {
  readonly name: string;
  readonly sql: string;
  /** Undefined for one that the copy makes. */
  readonly targetSql: string | undefined;
  readonly columns: readonly string[];
  /** Without the `id`, which is the row's place. */
  readonly rows: readonly (readonly AnyValue[])[];
  /** The first row is there so many times more, at the front. */
  readonly repeats: number;
}

export interface AnyDatabase {
  readonly encoding: 'UTF-8' | 'UTF-16le' | 'UTF-16be';
  readonly tables: readonly AnyTable[];
}

/** `text` in bytes is one that may be none. */
export type AnyValue = null | bigint | number | string | Buffer | { readonly text: Buffer };

const DECLARED = [
  ...['', 'INTEGER', 'INT', 'BIGINT', 'TEXT', 'VARCHAR(5)', 'NVARCHAR(20)', 'CLOB', 'BLOB', 'REAL'],
  ...['DOUBLE', 'FLOAT', 'NUMERIC', 'DECIMAL(10,2)', 'BOOLEAN', 'DATETIME', 'DATE', 'JSON', 'UUID'],
  ...['STRING', 'text COLLATE NOCASE', 'INTEGER DEFAULT 7', "TEXT DEFAULT 'it''s'", 'ANY'],
];
const STRICT = ['INT', 'INTEGER', 'REAL', 'TEXT', 'BLOB', 'ANY'];
const TARGET = [
  ...['smallint', 'integer', 'bigint', 'real', 'double precision', 'numeric', 'numeric(6,2)'],
  ...['numeric(3,-2)', 'numeric(3,5)', 'text', 'varchar(4)', 'boolean', 'bytea', 'numeric(20)'],
];

const name = fc.constantFrom(
  ...['a', 'B', 'c d', 'select', 'é', 'q"q', "it's", '1st', 'tab\tbed', 'rowid', '_rowid_', 'oid'],
  ...['😀', 'back\\slash', 'new\nline', 'percent%', 'x'.repeat(63)],
);

const integer: fc.Arbitrary<AnyValue> = fc.oneof(
  fc.constantFrom(0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n, 2n ** 31n, 40_000n),
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
  fc.integer({ min: -1200, max: 1200 }).map(BigInt),
);

const real: fc.Arbitrary<AnyValue> = fc.oneof(
  fc.constantFrom(0.1, -0, 1.5, 1e308, Infinity, -Infinity, 5e-324, 2 ** 53, 1e21, 0.00123, 100.5),
  fc.double({ noNaN: true }),
  fc.float({ noNaN: true }),
);

const text: fc.Arbitrary<AnyValue> = fc.oneof(
  fc.constantFrom('', '\\N', '\\.', '\t\n\r\b\f\v\\', '12', '1.50', 'a\0b', 'ä€😀', '\uFEFFx', "'"),
  fc.constantFrom('12abc', ' 7', '1e3', 'NaN', 'x'.repeat(3000), '\uFFFD', '\u2028', '0000-00-00'),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
);

const blob: fc.Arbitrary<AnyValue> = fc
  .uint8Array({ maxLength: 12 })
  .map((bytes) => Buffer.from(bytes));

const anyBytes: fc.Arbitrary<AnyValue> = fc.oneof(
  fc.uint8Array({ maxLength: 6 }).map((bytes) => ({ text: Buffer.from(bytes) })),
  fc.constantFrom('ff', 'eda080', 'c080', 'f4908080', '00d8', 'd800', '0000', '61').map((hex) => ({
    text: Buffer.from(hex, 'hex'),
  })),
);

const any = fc.oneof(fc.constant(null), integer, real, text, blob, anyBytes);

/** Values of a column: mostly of one class, so that rows can travel in every format. */
const column = fc.constantFrom(
  ...[any, integer, real, text, blob],
  ...[integer, real, text, blob].map((values) => fc.option(values)),
  fc.oneof({ weight: 20, arbitrary: integer }, { weight: 1, arbitrary: any }),
  fc.oneof({ weight: 20, arbitrary: text }, { weight: 1, arbitrary: anyBytes }),
);

/** Just above the number from which on a copy does not look at a table first. */
const MANY = 100_000;

function table(name: string, columns: readonly string[]): fc.Arbitrary<AnyTable> {
  return fc
    .record({
      key: fc.constantFrom('INTEGER PRIMARY KEY', 'INT PRIMARY KEY', 'INTEGER', 'BIGINT UNIQUE'),
      options: fc.constantFrom('', '', 'STRICT', 'WITHOUT ROWID'),
      types: fc.array(fc.nat(), { minLength: 20, maxLength: 20 }),
      isThere: fc.boolean(),
      repeats: fc.oneof({ weight: 20, arbitrary: fc.constant(0) }, fc.constant(MANY)),
      rows: fc
        .tuple(...columns.map(() => column))
        .chain((values) => fc.array(fc.tuple(...values), { maxLength: 30 })),
    })
    .map(({ key, options, types, isThere, repeats, rows }) => {
      let picked = 0;
      const pick = (from: readonly string[]) => from[(types[picked++] ?? 0) % from.length] ?? '';
      const quoted = columns.map((column) => `"${column.replaceAll('"', '""')}"`);
      const id = options === '' ? key : 'INTEGER PRIMARY KEY';
      const declared = quoted.map(
        (column) => `${column} ${pick(options === 'STRICT' ? STRICT : DECLARED)}`,
      );
      const target = quoted.map((column) => `${column} ${pick(TARGET)}`);
      const place = `"${name.replaceAll('"', '""')}"`;
      return {
        name,
        sql: `CREATE TABLE ${place} (id ${id}, ${declared.join(', ')}) ${options}`,
        targetSql: isThere
          ? `CREATE TABLE ${place} (${target.join(', ')}, id bigint PRIMARY KEY)`
          : undefined,
        columns,
        rows,
        repeats,
      };
    });
}

const isNewName = (each: string) => each.toLowerCase();

export const anyDatabase: fc.Arbitrary<AnyDatabase> = fc.record({
  encoding: fc.constantFrom('UTF-8', 'UTF-8', 'UTF-16le', 'UTF-16be'),
  tables: fc
    .uniqueArray(name, { minLength: 1, maxLength: 3, selector: isNewName })
    .chain((names) =>
      fc.tuple(
        ...names.map((each) =>
          fc
            .uniqueArray(name, { minLength: 1, maxLength: 5, selector: isNewName })
            .chain((columns) => table(each, columns)),
        ),
      ),
    ),
});

export function writeDatabase(path: string, { encoding, tables }: AnyDatabase): void {
  const database = new Sqlite(path);
  try {
    database.pragma(`encoding = '${encoding}'`);
    for (const { name: each, sql, columns, rows, repeats } of tables) {
      database.exec(sql);
      const insert = `INSERT INTO "${each.replaceAll('"', '""')}" VALUES`;
      for (const [id, row] of rows.entries()) {
        const marks = columns.map((_, index) => (isBytes(row[index]) ? 'CAST(? AS TEXT)' : '?'));
        const values = row.map((one) => (isBytes(one) ? one.text : one));
        const times = id === 0 ? repeats : 0;
        try {
          database
            .prepare(
              `WITH RECURSIVE n (i) AS (SELECT ${id - times} UNION ALL SELECT i + 1 FROM n WHERE i < ${id})
               ${insert.replace('VALUES', '')} SELECT i, ${marks.join(', ')} FROM n`,
            )
            .run(...values);
        } catch (error) {
          // A STRICT table keeps its types.
          if ((error as { code?: string }).code !== 'SQLITE_CONSTRAINT_DATATYPE') throw error;
        }
      }
    }
  } finally {
    database.close();
  }
}

function isBytes(one: AnyValue | undefined): one is { readonly text: Buffer } {
  return typeof one === 'object' && one !== null && 'text' in one;
}
