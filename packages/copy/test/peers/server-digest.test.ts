import { afterAll, beforeAll, expect, it } from '@jest/globals';
import pg from 'pg';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { digestRows } from '../../src/postgres/load.js';
import type { TargetTable } from '../../src/postgres/target-table.js';
import { BINARY_HEADER } from '../../src/rows/binary-block.js';
import type { PlainColumn } from '../../src/rows/plain-columns.js';
import { FieldDigest } from '../../src/verify/field-digest.js';
import { serverDigest, serverDigestSql } from '../../src/verify/server-digest.js';

const TYPES = {
  s: 'smallint',
  i: 'integer',
  b: 'bigint',
  r: 'double precision',
  t: 'text',
  v: 'varchar(99)',
  x: 'bytea',
} as const;
const KINDS: Readonly<Record<keyof typeof TYPES, readonly [PlainColumn['kind'], 2 | 4 | 8]>> = {
  s: ['integer', 2],
  i: ['integer', 4],
  b: ['integer', 8],
  r: ['real', 8],
  t: ['text', 8],
  v: ['text', 8],
  x: ['blob', 8],
};
const NAMES = Object.keys(TYPES) as (keyof typeof TYPES)[];

let target: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  target = await createDatabase();
  client = new pg.Client({ connectionString: target.url });
  await client.connect();
  const columns = NAMES.map((name) => `${name} ${TYPES[name]}`);
  await client.query(`CREATE TABLE t (${columns.join(', ')})`);
});

afterAll(async () => {
  await client.end();
  await target.drop();
});

/** What the server makes of rows, given in SQL, and what is made of them here. */
async function digestsOf(
  names: readonly (keyof typeof TYPES)[],
  hasNulls: boolean,
  rows: readonly string[],
): Promise<readonly (string | undefined)[]> {
  const plain = names.map((name) => {
    const [kind, bytes] = KINDS[name];
    return { name, kind, bytes, hasNulls } as PlainColumn;
  });
  const table = { columns: names.map((name) => ({ name })) } as unknown as TargetTable;
  await client.query('TRUNCATE t');
  for (const row of rows) await client.query(`INSERT INTO t (${names.join(', ')}) VALUES (${row})`);
  const sql = serverDigestSql(table, plain);
  if (!sql) throw new Error('it has few columns');
  const stored = await serverDigest(client, 't', sql, []);
  expect(stored?.rows).toBe(rows.length);
  // Whatever is thought of them.
  expect(await serverDigest(client, 't', sql, [], true)).toEqual(stored);
  const digest = new FieldDigest(plain);
  const format = { copyFormat: 'binary', header: BINARY_HEADER } as const;
  await digestRows(client, `t (${names.join(', ')})`, format, digest);
  return [stored?.digest, String(digest)];
}

async function digestOf(...given: Parameters<typeof digestsOf>): Promise<string | undefined> {
  const [one, other] = await digestsOf(...given);
  expect(one).toBe(other);
  return one;
}

const INTEGERS = [0, 1, -1, 255, 32767, -32768].map(String);
const WORDS = [...INTEGERS, '2147483647', '-2147483648', '65536'];
const BIG = [2n ** 31n, -(2n ** 31n) - 1n, 2n ** 32n - 1n, 2n ** 32n, -(2n ** 32n), 2n ** 53n + 1n];
const LARGEST = [...BIG, 2n ** 63n - 1n, -(2n ** 63n)].map((value) => `'${value}'`);
const REALS = ['0', '-0', '0.1', '-2.5e-8', '5e-324', '1.7976931348623157e308', 'Infinity'].map(
  (value) => `'${value}'`,
);
const TEXTS = Array.from(
  { length: 40 },
  (_, length) => `'${'aé😀\\t'.repeat(9).slice(0, length)}'`,
);
const BYTES = Array.from({ length: 30 }, (_, length) => `'\\x${'ff00'.repeat(length)}'`);

it.each([
  ['s', INTEGERS],
  ['i', WORDS],
  ['b', [...WORDS, ...LARGEST]],
  ['r', REALS],
  ['t', TEXTS],
  ['v', TEXTS],
  ['x', BYTES],
] as const)(
  'is what is made here of each value of %s, and no two are alike',
  async (name, values) => {
    const digests = new Set<string | undefined>();
    for (const value of values) digests.add(await digestOf([name], false, [value]));
    expect(digests.size).toBe(values.length);
    for (const value of [...values, 'NULL']) digests.add(await digestOf([name], true, [value]));
    expect(digests.size).toBe(values.length + 1);
  },
);

it('is what is made here of rows of all of them, in any order', async () => {
  const rows = TEXTS.map((text, index) => {
    const one = (values: readonly string[]) => values[index % values.length] ?? '';
    const row = [INTEGERS, WORDS, LARGEST, REALS, [text], TEXTS, BYTES].map(one);
    if (index % 3 === 0) row[index % row.length] = 'NULL';
    return row.join(', ');
  });
  const digest = await digestOf(NAMES, true, rows);
  expect(await digestOf(NAMES, true, rows.toReversed())).toBe(digest);
  expect(await digestOf(NAMES, true, rows.slice(1))).not.toBe(digest);
});

it('is another when values change their places', async () => {
  const rows = [`'ab', 'c'`, `'a', 'bc'`, `'c', 'ab'`, `'abc', ''`, `'', 'abc'`, `NULL, 'abc'`];
  const digests = new Set<string | undefined>();
  for (const row of rows) digests.add(await digestOf(['t', 'v'], true, [row]));
  expect(digests.size).toBe(rows.length);
  const crossed = [
    [`1, 'a'`, `2, 'b'`],
    [`1, 'b'`, `2, 'a'`],
  ];
  const [one, other] = [
    await digestOf(['b', 't'], true, crossed[0] ?? []),
    await digestOf(['b', 't'], true, crossed[1] ?? []),
  ];
  expect(one).not.toBe(other);
});
