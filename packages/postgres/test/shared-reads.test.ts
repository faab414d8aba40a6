import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { currentRequest, ServedRequest } from '@holdfast/core/served-request';
import { SharedReads } from '../src/database/shared-reads.js';
import type { Sql, SqlDatabase } from '../src/database/sql-database.js';

/** A database whose reads end when a test says so, each with the number that it has. */
class SlowDatabase {
  readonly #ends: ((error?: Error) => void)[] = [];
  begun: string[] = [];
  readonly reads = new SharedReads({
    read: (work: (sql: Sql) => Promise<unknown>) => work(this as unknown as Sql),
  } as unknown as SqlDatabase);

  rows(statement: string, parameters: object): Promise<readonly number[]> {
    const number = this.begun.push(`${statement} ${JSON.stringify(parameters)}`);
    return new Promise((resolve, reject) => {
      this.#ends.push((error) => {
        if (error) reject(error);
        else resolve([number]);
      });
    });
  }

  async end(error?: Error): Promise<void> {
    this.#ends.shift()?.(error);
    await nextTurn();
    await nextTurn();
  }
}

it('reads the same once for all who come while two such reads are under way, and not with those', async () => {
  const database = new SlowDatabase();
  const ask = () => database.reads.rows('SELECT', { a: 1 });
  const first = ask();
  await nextTurn();
  const second = ask();
  await nextTurn();
  const later = [ask(), ask(), ask()];
  await nextTurn();
  expect(database.begun).toHaveLength(2);
  await database.end();
  expect(await first).toEqual([1]);
  expect(database.begun).toHaveLength(3);
  await database.end();
  await database.end();
  expect(await second).toEqual([2]);
  expect(await Promise.all(later)).toEqual([[3], [3], [3]]);
});

it('lets other reads wait for none of this', async () => {
  const database = new SlowDatabase();
  for (let index = 0; index < 10; index += 1) void database.reads.rows('SELECT', { index });
  void database.reads.rows('SELECT other', { index: 1 });
  await nextTurn();
  expect(new Set(database.begun).size).toBe(11);
});

it('fails all who share a read that fails, and nobody who comes later', async () => {
  const database = new SlowDatabase();
  const ask = () => database.reads.rows('SELECT', {});
  const both = [ask(), ask()].map((read) => read.catch((error: unknown) => error));
  await nextTurn();
  const fault = new Error('the line broke');
  await database.end(fault);
  expect(await Promise.all(both)).toEqual([fault, fault]);
  const next = ask();
  await nextTurn();
  await database.end();
  expect(await next).toEqual([2]);
});

it('goes on for the others when one of them leaves', async () => {
  const database = new SlowDatabase();
  const ask = () => database.reads.rows('SELECT', {});
  const running = [ask()];
  await nextTurn();
  running.push(ask());
  await nextTurn();
  const request = ServedRequest.begin('gone', { queueMs: 60_000, totalMs: 60_000 });
  const leaving = currentRequest.run(request, ask).catch((error: unknown) => error);
  const staying = ask();
  request.abandon();
  expect(await leaving).toMatchObject({ code: 'REQUEST_ABANDONED' });
  for (let reads = 0; reads < 3; reads += 1) await database.end();
  expect(await Promise.all(running)).toEqual([[1], [2]]);
  expect(await staying).toEqual([3]);
});
