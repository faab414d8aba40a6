import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import pg from 'pg';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { inTransactions, numberIn, TRANSACTION_NUMBER } from '../../src/postgres/transaction.js';

let target: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  target = await createDatabase();
  client = new pg.Client({ connectionString: target.url });
  await client.connect();
  await client.query('CREATE TABLE t (n integer UNIQUE DEFERRABLE INITIALLY DEFERRED)');
});

afterAll(async () => {
  await client.end();
  await target.drop();
});

beforeEach(() => client.query('TRUNCATE t'));

/** What others see, and whether this connection has a transaction open. */
async function left(): Promise<readonly [readonly number[], string | null]> {
  const rows = await target.query<{ n: number }>('SELECT n FROM t ORDER BY n');
  return [rows.map(({ n }) => n), client.getTransactionStatus()];
}

const IDLE = 'I';

it('commits each before the next is worked on', async () => {
  const seen: unknown[] = [];
  const numbers = new Set<string>();
  await inTransactions(
    client,
    ['SET LOCAL synchronous_commit = off', TRANSACTION_NUMBER],
    async ([, number]) => {
      numbers.add(numberIn(number));
      seen.push(await left());
      const n = seen.length;
      await client.query(`INSERT INTO t VALUES (${n})`);
      return { isLast: n === 3, closing: [`INSERT INTO t VALUES (${n * 10})`] };
    },
  );
  expect(seen).toEqual([
    [[], 'T'],
    [[1, 10], 'T'],
    [[1, 2, 10, 20], 'T'],
  ]);
  expect([numbers.size, numbers.has('')]).toEqual([3, false]);
  expect(await left()).toEqual([[1, 2, 3, 10, 20, 30], IDLE]);
});

it.each([
  ['work', 'SELECT 1 / 0', '', '22012'],
  ['closing', '', 'SELECT 1 / 0', '22012'],
  ['commit', 'INSERT INTO t VALUES (1)', '', '23505'],
])('takes back the one that fails, and no other: in its %s', async (_, worked, closing, code) => {
  let count = 0;
  const failed = inTransactions(client, [TRANSACTION_NUMBER], async () => {
    count += 1;
    await client.query(`INSERT INTO t VALUES (${count})`);
    if (count === 2) await client.query(worked);
    return { isLast: count === 3, closing: count === 2 ? [closing] : [] };
  });
  await expect(failed).rejects.toMatchObject({ code });
  expect([count, await left()]).toEqual([2, [[1], IDLE]]);
});
