import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import type { TargetTable } from '@holdfast/copy/postgres/target-table';
import { SourceDatabase } from '../src/sqlite/source-database.js';
import { answersOfSource } from '../src/verify/source-answers.js';
import { questionsOf } from '../src/verify/questions.js';

/** More than are asked about at once. */
const ROWS = 300_000;

const NO_VALUES = { integers: 0, reals: 0, texts: 0, blobs: 0 };

const folder = mkdtempSync(join(tmpdir(), 'holdfast-answers-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/**
 * Whole numbers and reals that meet; texts whose order by characters of 16 bits is another; values in the last rows
 * alone, and none.
 * @param rowid SQL of the number of the n-th row
 */
function fileOf(name: string, rowid: string): string {
  const path = join(folder, `${name}.db`);
  const database = new Sqlite(path);
  database.exec(`
    CREATE TABLE t (id INTEGER PRIMARY KEY, whole INTEGER, met NUMERIC, code TEXT NOT NULL, late TEXT, none TEXT);
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${ROWS})
    INSERT INTO t
    SELECT ${rowid}, (n * 7919) % 600011 - 300000,
           CASE WHEN n % 3 = 0 THEN n / 4.0 ELSE 9007199254740993 - n END,
           CASE n WHEN 10 THEN char(0x10000) WHEN ${ROWS} THEN char(0xFFFF) ELSE 'code ' || n END,
           CASE WHEN n > ${ROWS - 5} THEN 'late' || n END, NULL
      FROM numbers`);
  database.close();
  return path;
}

function targetOf(rowid: string | undefined): TargetTable {
  const column = (
    name: string,
    type: string,
    kinds: Partial<typeof NO_VALUES>,
    notNull = false,
  ) => ({
    column: { source: { name, notNull }, name, type, missing: null },
    content: [name, { ...NO_VALUES, ...kinds }] as const,
  });
  const columns = [
    column('id', 'bigint', { integers: ROWS }, true),
    column('whole', 'bigint', { integers: ROWS }),
    column('met', 'double precision', { integers: 400_000, reals: 200_000 }),
    column('code', 'text', { texts: ROWS }, true),
    column('late', 'text', { texts: 5 }),
    column('none', 'text', {}),
  ];
  return {
    name: 't',
    source: { name: 't', place: '"t"', rowid, rowidColumn: 'id' },
    content: {
      rows: ROWS,
      hasLongRows: false,
      columns: new Map(columns.map(({ content }) => content)),
    },
    columns: columns.map((each) => each.column),
  } as unknown as TargetTable;
}

it.each([
  ['one behind the other', 'n'],
  ['far apart, on both sides of zero', '(n - 150000) * 15372286728091'],
  ['all but one at the beginning', `CASE n WHEN ${ROWS} THEN 9223372036854775807 ELSE n END`],
])('are of all rows, whose numbers are %s', async (name, numbers) => {
  const source = SourceDatabase.open(fileOf(name, numbers), false);
  try {
    const { signal } = new AbortController();
    const table = targetOf('rowid');
    const answers = await answersOfSource(source, table, signal);
    expect(answers).toEqual(await answersOfSource(source, targetOf(undefined), signal));
    const told = questionsOf(table, 'UTF-8').map(({ column, what }, index) => [
      `${column.name} ${what}`,
      answers[index],
    ]);
    expect(Object.fromEntries(told)).toMatchObject({
      'whole values': BigInt(ROWS),
      'met least': 0.75,
      'met greatest': 9007199254740992n,
      'code least': 'code 1',
      'code greatest': '\u{10000}',
      'late values': 5n,
      'late lengths': 50n,
      'late least': `late${ROWS - 4}`,
      'none values': 0n,
      'none lengths': null,
      'none greatest': null,
    });
  } finally {
    source.close();
  }
});
