import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { openDatabase } from '../../src/database/open-database.js';
import type { Pool } from '../../src/pool/pool.js';
import type { PooledClient } from '../../src/pool/pooled-client.js';
import type { Sql, SqlDatabase } from '../../src/database/sql-database.js';
import { settingsFor } from '../../../../test/support/backends.js';
import { cleanup } from '../../../../test/support/cleanup.js';
import { eventually } from '../../../../test/support/eventually.js';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { startProxy, through } from '@holdfast/testing/tcp-proxy';

const { later } = cleanup();

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
  await database.query('CREATE TABLE kept (id integer PRIMARY KEY)');
});
afterAll(() => database.drop());

/** The database of one connection that a store gets, and what is behind it. */
async function open(changed: Readonly<Record<string, string>> = {}, url = database.url) {
  const settings = settingsFor({
    DB_TYPE: 'postgresql',
    DATABASE_URL: url,
    DB_POOL_SIZE: '1',
    DB_MAX_OVERFLOW: '0',
    ...changed,
  });
  const [first] = settings.databases;
  if (!first) throw new Error('no database');
  let lines = '';
  const sink = new Writable({
    write: (chunk: Buffer, _, done) => {
      lines += chunk.toString();
      done();
    },
  });
  const { sql, close } = await openDatabase(first, settings, pino(sink));
  later(close);
  return { sql, pool: poolOf(sql), log: () => lines };
}

const poolOf = (sql: SqlDatabase) => (sql as unknown as { pool: Pool }).pool;

/** The connections that are handed out next are broken by the time their borrower has them. */
function breakNext(pool: Pool, times: number): void {
  const connect = pool.connect.bind(pool);
  let left = times;
  pool.connect = async () => {
    const client = (await connect()) as PooledClient;
    if (left > 0) client.destroy();
    left -= 1;
    return client;
  };
}

const insert = (id: number) => (sql: Sql) => sql.run('INSERT INTO kept VALUES (:id)', { id });

const found = async (id: number) =>
  (await database.query('SELECT 1 FROM kept WHERE id = $1', [id])).length;

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a connection that was dead before anything was sent on it', () => {
  it('is replaced for a read, a write and a transaction', async () => {
    const { sql, pool } = await open();
    breakNext(pool, 1);
    expect(await sql.read((statements) => statements.rows('SELECT 1 AS one'))).toEqual([
      { one: 1 },
    ]);
    breakNext(pool, 1);
    await sql.write('INSERT INTO kept VALUES (1)');
    breakNext(pool, 1);
    await sql.transaction(insert(2));
    expect([await found(1), await found(2)]).toEqual([1, 1]);
    expect(pool.statistics()).toMatchObject({ checked_out: 0, idle: 1 });
  });

  it('is replaced once, not twice', async () => {
    const { sql, pool } = await open();
    breakNext(pool, 2);
    expect(await failure(sql.transaction(insert(3)))).toBeInstanceOf(Error);
    expect(await found(3)).toBe(0);
    await sql.transaction(insert(3));
    expect(pool.statistics()).toMatchObject({ checked_out: 0, idle: 1 });
  });
});

it('a transaction is not taken for committed when a refusal in it was passed over', async () => {
  const { sql, pool } = await open();
  const careless = async (statements: Sql) => {
    await insert(8)(statements);
    await failure(statements.run('SELECT 1 / 0'));
  };
  expect(await failure(sql.transaction(careless))).toBeInstanceOf(Error);
  expect(await found(8)).toBe(0);
  expect(pool.statistics()).toMatchObject({ checked_out: 0, idle: 1 });
});

describe('a connection that breaks', () => {
  async function broken(at: string) {
    const proxy = await startProxy({ port: Number(new URL(database.url).port) });
    later(() => proxy.close());
    const opened = await open({}, through(proxy, database.url));
    proxy.when(at, () => {
      proxy.cut();
      proxy.mend();
    });
    return { ...opened, accepted: proxy.accepted };
  }

  it.each(['BEGIN', 'INSERT', 'COMMIT'])(
    'at %s fails the transaction, which is not begun again',
    async (at) => {
      const { sql, pool } = await broken(at);
      const before = await found(4);
      let begun = 0;
      const error = await failure(
        sql.transaction(async (statements) => {
          begun += 1;
          await insert(4)(statements);
        }),
      );
      expect(error).toMatchObject({ driverError: expect.any(Error) });
      expect(begun).toBe(at === 'BEGIN' ? 0 : 1);
      expect(await found(4)).toBe(before);
      expect(pool.statistics()).toMatchObject({ checked_out: 0, idle: 0 });
    },
  );

  it('under a single write fails it, and it is not sent again', async () => {
    const { sql } = await broken('INSERT');
    expect(await failure(sql.write('INSERT INTO kept VALUES (5)'))).toBeInstanceOf(Error);
    expect(await found(5)).toBe(0);
  });

  it('between two statements of a transaction is no fault of the program', async () => {
    const { sql, pool } = await open();
    const error = await failure(
      sql.transaction(async (statements) => {
        await insert(6)(statements);
        const [row] = await statements.rows<{ pid: number }>('SELECT pg_backend_pid() AS pid');
        await database.query('SELECT pg_terminate_backend($1)', [row?.pid]);
        await eventually(() => {
          expect(pool.statistics().checked_out).toBe(0);
        });
        await insert(7)(statements);
      }),
    );
    expect(error).toMatchObject({ code: 'POSTGRES_CONNECTION_ENDED' });
    expect([await found(6), await found(7)]).toEqual([0, 0]);
  });
});

describe('a transaction that takes long', () => {
  it('is told with the place where its connection was taken, and without its SQL', async () => {
    const { sql, pool, log } = await open({ DB_LEAK_DETECTION_MS: '100' });
    async function slowWork() {
      await sql.transaction((statements) => statements.rows("SELECT pg_sleep(0.4), 'a secret'"));
    }
    await slowWork();
    expect(pool.statistics()).toMatchObject({ checked_out: 0, leaks_total: 1 });
    const [line] = log()
      .split('\n')
      .filter((text) => text.includes('pool.leak'));
    expect(JSON.parse(line ?? '{}')).toMatchObject({
      event: 'pool.leak',
      code: 'POOL_LEAK',
      database: 'primary',
      held_ms: 100,
      stack: expect.stringContaining('slowWork'),
    });
    expect(log()).not.toContain('secret');
  });
});
