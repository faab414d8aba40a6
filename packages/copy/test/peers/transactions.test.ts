import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import pg from 'pg';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { pipelined } from '../../src/postgres/pipeline.js';
import { sendTransactions } from '../../src/postgres/transaction.js';

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

async function sendAll(send: Parameters<typeof sendTransactions>[1]): Promise<void> {
  const { done } = await sendTransactions(client, send);
  await done;
}

/** Transactions that insert their number, and 10 times it at their end. */
function inserting(count: number, { bad = 0, worked = '', closing = '' } = {}) {
  const closed: number[] = [];
  let number = 0;
  const running = sendAll(() => {
    const own = (number += 1);
    const statements = [`INSERT INTO t VALUES (${own})`, ...(own === bad ? [worked] : [])];
    return Promise.resolve({
      isLast: own === count,
      answered: pipelined(client, statements),
      closing: () => {
        closed.push(own);
        return [own === bad && closing !== '' ? closing : `INSERT INTO t VALUES (${own * 10})`];
      },
      committed: () => undefined,
    });
  });
  return { running, closed };
}

it('sends a transaction before the one before it is committed, and commits it afterwards', async () => {
  const seen: unknown[] = [];
  let number = 0;
  await sendAll(() => {
    const own = (number += 1);
    return Promise.resolve({
      isLast: own === 3,
      answered: pipelined(client, [`INSERT INTO t VALUES (${own})`]),
      closing: () => {
        seen.push(`closing ${own}`);
        return [`INSERT INTO t VALUES (${own * 10})`];
      },
      committed: ([inserted]) => {
        seen.push(`committed ${own}, ${inserted?.rowCount}`);
      },
    });
  });
  expect(seen).toEqual([1, 2, 3].flatMap((each) => [`closing ${each}`, `committed ${each}, 1`]));
  expect(await left()).toEqual([[1, 2, 3, 10, 20, 30], IDLE]);
});

it.each([
  ['work', { worked: 'SELECT 1 / 0' }, '22012'],
  ['closing', { closing: 'SELECT 1 / 0' }, '22012'],
  ['commit', { worked: 'INSERT INTO t VALUES (1)' }, '23505'],
])('takes back the one that fails and what was sent behind it: in its %s', async (_, how, code) => {
  const { running, closed } = inserting(3, { bad: 2, ...how });
  await expect(running).rejects.toMatchObject({ code });
  expect([closed, await left()]).toEqual([
    [1, 2],
    [[1, 10], IDLE],
  ]);
});

it('takes back the one whose rows cannot be read, and throws what failed before', async () => {
  const broken = new Error('cannot be read');
  await expect(sendAll(() => Promise.reject(broken))).rejects.toBe(broken);
  let number = 0;
  const running = sendAll(() => {
    number += 1;
    if (number === 2) return Promise.reject(broken);
    const answered = pipelined(client, ['SELECT 1 / 0']);
    return Promise.resolve({
      isLast: false,
      answered,
      closing: () => [],
      committed: () => undefined,
    });
  });
  await expect(running).rejects.toMatchObject({ code: '22012' });
  expect(await left()).toEqual([[], IDLE]);
});
