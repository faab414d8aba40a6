import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import fc from 'fast-check';
import type { TargetTable } from '@holdfast/copy/postgres/target-table';
import { LeafRows } from '../src/rows/leaf-rows.js';
import { lineBlocks } from '../src/rows/line-blocks.js';
import { pageBlocks } from '../src/rows/page-blocks.js';
import type { PlainColumn } from '../src/rows/plain-columns.js';
import type { RowCounts } from '../src/rows/reading.js';
import { identityOf, PageFile } from '../src/sqlite/pages/page-file.js';
import { tableLeaves } from '../src/sqlite/pages/table-leaves.js';
import { SourceDatabase } from '../src/sqlite/source-database.js';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-pages-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

let files = 0;
function newPath(): string {
  files += 1;
  return join(folder, `${files}.db`);
}

const column = (
  name: string,
  kind: PlainColumn['kind'],
  hasNulls = false,
  bytes: PlainColumn['bytes'] = 8,
) =>
  ({
    name,
    source: { name, affinity: kind === 'real' ? 'REAL' : 'BLOB', notNull: !hasNulls },
    kind,
    bytes,
    hasNulls,
  }) as PlainColumn;

const COLUMNS = [
  column('id', 'integer'),
  column('i', 'integer'),
  column('r', 'real', true),
  column('t', 'text'),
  column('four', 'integer', true, 4),
  column('n', 'text', true),
  column('two', 'integer', false, 2),
];
const DEFINITION =
  'id INTEGER PRIMARY KEY, i INTEGER NOT NULL, x BLOB DEFAULT 1, r REAL, t TEXT NOT NULL, four INT, n TEXT, two INT NOT NULL';

/** In the order of that. */
const FIELDS = ['id', 'i', 'x', 'r', 't', 'four', 'n', 'two'];

type Row = readonly (bigint | number | string | Buffer | null)[];

/** @param pragmas of a file that has nothing in it yet */
function fileOf(rows: readonly Row[], pragmas: readonly string[] = []): string {
  const path = newPath();
  const database = new Sqlite(path);
  for (const pragma of pragmas) database.pragma(pragma);
  database.exec(`CREATE TABLE other (x); CREATE TABLE t (${DEFINITION})`);
  const insert = database.prepare(
    'INSERT OR REPLACE INTO t (id, i, r, t, four, n, two) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const other = database.prepare('INSERT INTO other VALUES (zeroblob(300))');
  database.transaction(() => {
    for (const row of rows) {
      insert.run(...row);
      other.run();
    }
  })();
  database.close();
  return path;
}

function targetOf(source: SourceDatabase): TargetTable {
  const rows = Number(source.connection.prepare('SELECT count(*) FROM t').pluck().get());
  return {
    name: 't',
    source: { name: 't', place: '"t"', rowid: 'rowid', rowidColumn: 'id' },
    content: { rows, isAssumed: false },
  } as unknown as TargetTable;
}

interface Result {
  readonly bytes: Buffer;
  readonly rows: number;
  /** Which SQL has read. */
  readonly bySql: number;
}

/** @param after a rowid, with the rows up to it */
function read(path: string, from: 'pages' | 'sql', after?: bigint): Result {
  const source = SourceDatabase.open(path, false);
  try {
    const table = targetOf(source);
    const before = source.connection.prepare('SELECT count(*) FROM t WHERE id <= ?').pluck();
    const counts: RowCounts = {
      rowsRead: after === undefined ? 0 : Number(before.get(after)),
      rowsRejected: 0,
      bytes: 0,
      rowid: after,
    };
    let bySql = 0;
    const judge = () => {
      throw new Error('a text that is none');
    };
    function* lines(until?: bigint) {
      const rowsRead = counts.rowsRead;
      yield* lineBlocks(source, table, COLUMNS, counts, judge, until);
      bySql += counts.rowsRead - rowsRead;
    }
    const pages = pageBlocks(source, table, COLUMNS, counts, lines);
    const blocks = [...(from === 'pages' ? pages : lines())];
    const bytes = Buffer.concat(blocks);
    expect(counts.bytes).toBe(bytes.length);
    return { bytes, rows: counts.rowsRead, bySql };
  } finally {
    source.close();
  }
}

const integer = fc.oneof(
  fc.integer({ min: -300, max: 300 }).map(BigInt),
  fc.constantFrom(7, 8, 15, 16, 23, 24, 31, 32, 47, 48, 63).chain((bits) =>
    fc
      .tuple(fc.boolean(), fc.integer({ min: -2, max: 1 }))
      .map(
        ([isNegative, near]) =>
          BigInt.asIntN(64, 2n ** BigInt(bits) + BigInt(near)) * (isNegative ? -1n : 1n),
      )
      .filter((value) => value >= -(2n ** 63n) && value < 2n ** 63n),
  ),
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
);
const real = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  integer.map(Number),
  fc.constantFrom(0, -0, 1),
);
const text = fc
  .oneof(
    fc.string({ unit: 'grapheme', maxLength: 30 }),
    fc.string({ unit: 'binary-ascii', maxLength: 60 }),
    fc.string({ unit: 'grapheme', minLength: 60, maxLength: 90 }),
  )
  .map((each) => each.replaceAll('\0', ' '));
const rowOf = (id: fc.Arbitrary<bigint>) =>
  fc.tuple(
    id,
    integer,
    fc.option(real),
    text,
    fc.option(fc.integer().map(BigInt)),
    fc.option(text),
    fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 }).map(BigInt),
  );
const anyRow = rowOf(fc.oneof(fc.bigInt(0n, 5000n), fc.bigInt(0n, 2n ** 49n - 1n)));
const pragmas = fc.tuple(
  fc.constantFrom(512, 1024, 4096, 65_536).map((size) => `page_size = ${size}`),
  fc.constantFrom('none', 'full').map((mode) => `auto_vacuum = ${mode}`),
);

describe('rows from pages', () => {
  it('are what SQL makes of them, also from the middle on', () => {
    let bySql = 0;
    let all = 0;
    fc.assert(
      fc.property(
        fc.array(anyRow, { maxLength: 200, size: 'max' }),
        pragmas,
        fc.option(fc.bigInt(0n, 5000n)),
        (rows, settings, after) => {
          const path = fileOf(rows, settings);
          const [pages, sql] = [read(path, 'pages'), read(path, 'sql')];
          expect(pages.bytes.equals(sql.bytes)).toBe(true);
          bySql += pages.bySql;
          all += pages.rows;
          if (after === null) return;
          const behind = read(path, 'pages', after);
          expect(behind.bytes.equals(read(path, 'sql', after).bytes)).toBe(true);
          expect(sql.bytes.subarray(sql.bytes.length - behind.bytes.length)).toEqual(behind.bytes);
        },
      ),
      { numRuns: 100 },
    );
    expect(bySql).toBeLessThan(all / 2);
  });

  it.each<readonly [string, Row, number]>([
    ['a row that is not whole in its page', [500n, 1n, 1, 'x'.repeat(5000), 1n, 'n', 1n], 1000],
    ['an infinite real', [500n, 1n, Infinity, 'x', 1n, 'n', 1n], 1000],
    ['a rowid of nine bytes', [2n ** 62n, 1n, 1, 'x', 1n, 'n', 1n], 1001],
    ['a negative rowid', [-5n, 1n, 1, 'x', 1n, 'n', 1n], 1001],
  ])('take SQL for the neighbours of %s alone', (_, odd, rows) => {
    const path = fileOf([...plainRows(1000), odd]);
    const [pages, sql] = [read(path, 'pages'), read(path, 'sql')];
    expect(pages.bytes.equals(sql.bytes)).toBe(true);
    expect(pages.rows).toBe(rows);
    expect(pages.bySql).toBeGreaterThan(0);
    expect(pages.bySql).toBeLessThan(300);
  });

  it('are read by SQL where most have another number of fields', () => {
    const path = fileOf(plainRows(5000));
    const database = new Sqlite(path);
    database.exec('ALTER TABLE t ADD COLUMN late TEXT');
    database.close();
    const [pages, sql] = [read(path, 'pages'), read(path, 'sql')];
    expect(pages.bytes.equals(sql.bytes)).toBe(true);
    expect([pages.rows, pages.bySql]).toEqual([5000, 5000]);
  });

  /** Of a table of a hundred rows, of which so many were read before. */
  const readBehind = (rowsRead: number, counted: number) => {
    const source = SourceDatabase.open(fileOf(plainRows(100)), false);
    const content = { rows: counted, isAssumed: false };
    const table = { ...targetOf(source), content } as TargetTable;
    const counts: RowCounts = { rowsRead, rowsRejected: 0, bytes: 0, rowid: undefined };
    try {
      return [...pageBlocks(source, table, COLUMNS, counts, () => [])].length;
    } finally {
      source.close();
    }
  };

  it('are refused where SQLite counts others', () => {
    expect(() => readBehind(1, 100)).toThrow(expect.objectContaining({ code: 'COPY_MISMATCH' }));
  });

  it('are taken where only an index, by which they were counted before, has others', () => {
    expect(readBehind(0, 101)).toBe(1);
  });

  it('of a damaged file are those that SQL finds, or none', () => {
    const path = fileOf(plainRows(400), ['page_size = 512']);
    const sound = readFileSync(path);
    const damaged = newPath();
    let refused = 0;
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.integer({ min: 100, max: sound.length - 1 }),
            fc.integer({ min: 0, max: 255 }),
          ),
          {
            minLength: 1,
            maxLength: 4,
          },
        ),
        (flips) => {
          const bytes = Buffer.from(sound);
          for (const [at, byte] of flips) bytes[at] = byte;
          writeFileSync(damaged, bytes);
          const [pages, sql] = [outcome(damaged, 'pages'), outcome(damaged, 'sql')];
          if (pages === undefined) refused += 1;
          else if (sql !== undefined) expect(pages.equals(sql)).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
    expect(refused).toBeGreaterThan(0);
  });
});

describe('a leaf', () => {
  const take = (row: Row) => {
    const path = fileOf([row]);
    const file = PageFile.open(path, identityOf(path));
    if (!file) throw new Error('the file is there');
    try {
      const database = new Sqlite(path, { readonly: true });
      const root = database.prepare(`SELECT rootpage FROM sqlite_schema WHERE name = 't'`).pluck();
      const [leaf] = tableLeaves(file.reader(), root.get() as number, -1);
      const stored = COLUMNS.map((each) => ({
        ...each,
        field: FIELDS.indexOf(each.name),
        isRowid: each.name === 'id',
      }));
      database.close();
      if (!leaf) throw new Error('it has a leaf');
      return new LeafRows(stored, FIELDS.length, -1).add(leaf);
    } finally {
      file.close();
    }
  };

  it.each(Array.from({ length: 13 }, (_, at) => at))(
    'is not taken with a text that holds a zero byte at %i',
    (at) => {
      const text = 'some letters more';
      expect(take([1n, 1n, 1, text, 1n, null, 1n])).toBe(true);
      expect(take([1n, 1n, 1, `${text.slice(0, at)}\0${text.slice(at)}`, 1n, null, 1n])).toBe(
        false,
      );
    },
  );

  it.each([
    ['four', 4, 2n ** 31n],
    ['two', 6, 2n ** 15n],
  ] as const)('is not taken with a number that column %s has no room for', (_, index, beyond) => {
    const taken = (value: bigint) => take([1n, 1n, 1, 'x', 1n, null, 1n].with(index, value));
    expect([beyond - 1n, -beyond].map(taken)).toEqual([true, true]);
    const others = [beyond, -beyond - 1n, 2n ** 31n + 1n, 2n ** 40n, -(2n ** 40n), 2n ** 62n];
    expect(others.map(taken)).toEqual(others.map(() => false));
  });
});

/** Undefined where it is refused. */
function outcome(path: string, from: 'pages' | 'sql'): Buffer | undefined {
  try {
    return read(path, from).bytes;
  } catch {
    return undefined;
  }
}

function plainRows(count: number): Row[] {
  return Array.from({ length: count }, (_, index) => [
    BigInt(index + 1),
    BigInt(index) * 1_000_003n,
    index / 8,
    `text ${index}`,
    null,
    null,
    BigInt(index % 1000),
  ]);
}

describe('the pages of a file', () => {
  it('are not read where a write-ahead log hides some of them', () => {
    const path = fileOf(plainRows(10));
    const database = new Sqlite(path);
    database.pragma('journal_mode = WAL');
    const source = SourceDatabase.open(path, false);
    expect(source.pages).toBeDefined();
    source.close();
    database.exec('DELETE FROM t');
    const later = SourceDatabase.open(path, false);
    expect(later.pages).toBeUndefined();
    later.close();
    database.close();
  });

  it('are not read of what is no longer at its place', () => {
    const path = fileOf(plainRows(10));
    const moved = newPath();
    const source = SourceDatabase.open(path, false);
    renameSync(path, moved);
    expect(source.pages).toBeUndefined();
    copyFileSync(moved, path);
    expect(source.pages).toBeUndefined();
    source.close();
  });
});
