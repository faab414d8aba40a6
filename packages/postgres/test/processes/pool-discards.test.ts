import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { PoolClient } from 'pg';
import type { Pool } from '../../src/pool/pool.js';
import { cleanup } from '../../../../test/support/cleanup.js';
import { eventually } from '../../../../test/support/eventually.js';
import { openPool, pidOf } from '../../../../test/support/pool.js';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { startProxy, through } from '@holdfast/testing/tcp-proxy';

const { later } = cleanup();

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
  await database.query('CREATE TABLE kept (id integer PRIMARY KEY)');
});
afterAll(() => database.drop());

/** A pool of one connection. */
function createPool(
  changed: Parameters<typeof openPool>[1] = {},
  url = database.url,
  connectTimeoutMs = 5000,
): Pool {
  const pool = openPool(url, { size: 1, maxOverflow: 0, ...changed }, { connectTimeoutMs });
  later(() => pool.end());
  return pool;
}

async function withClient<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    return await work(client);
  } finally {
    client.release();
  }
}

const terminate = (pid: number) => database.query('SELECT pg_terminate_backend($1)', [pid]);

async function proxied() {
  const proxy = await startProxy({ port: Number(new URL(database.url).port) });
  later(() => proxy.close());
  return { proxy, url: through(proxy, database.url) };
}

describe('a connection that is returned without an error', () => {
  it('is used again, without a further round trip', async () => {
    const { proxy, url } = await proxied();
    const pool = createPool({}, url);
    const first = await withClient(pool, pidOf);
    const before = proxy.roundTrips();
    expect(await withClient(pool, pidOf)).toBe(first);
    expect(proxy.roundTrips() - before).toBe(1);
  });

  it.each(['SELECT 1/0', 'INSERT INTO kept VALUES (1), (1)', 'SELECT nonsense'])(
    'is used again after %s, which leaves it good',
    async (statement) => {
      const pool = createPool();
      const first = await withClient(pool, async (client) => {
        await expect(client.query(statement)).rejects.toThrow();
        return pidOf(client);
      });
      expect(await withClient(pool, pidOf)).toBe(first);
    },
  );

  it("is used again after a statement that took longer than the server's bound", async () => {
    const pool = createPool({ statementTimeoutMs: 100 });
    const first = await withClient(pool, async (client) => {
      const pid = await pidOf(client);
      await expect(client.query('SELECT pg_sleep(5)')).rejects.toMatchObject({ code: '57014' });
      return pid;
    });
    expect(await withClient(pool, pidOf)).toBe(first);
  });

  it.each([
    ['25006, the server became read-only', '25006'],
    ['57P01, the server is shut down by its administrator', '57P01'],
    ['57P02, the server has crashed', '57P02'],
    ['57P03, the server takes no connections now', '57P03'],
    ['08006, a connection failure', '08006'],
    ['08P01, a protocol violation', '08P01'],
  ])('is closed after %s', async (_, code) => {
    const pool = createPool();
    const first = await withClient(pool, async (client) => {
      const pid = await pidOf(client);
      const raising = `DO $$ BEGIN RAISE EXCEPTION 'raised' USING ERRCODE = '${code}'; END $$`;
      await expect(client.query(raising)).rejects.toMatchObject({ code });
      return pid;
    });
    expect(pool.statistics()).toMatchObject({ checked_out: 0, idle: 0 });
    expect(await withClient(pool, pidOf)).not.toBe(first);
  });

  it('takes those with it that logged in before the server became read-only', async () => {
    const pool = createPool({ size: 2 });
    const [one, two] = await Promise.all([pool.connect(), pool.connect()]);
    const pid = await pidOf(one);
    one.release();
    await two.query('SET default_transaction_read_only = on');
    await expect(two.query('INSERT INTO kept VALUES (7)')).rejects.toMatchObject({ code: '25006' });
    two.release();
    expect(await withClient(pool, pidOf)).not.toBe(pid);
  });

  it('is closed when the server has ended it while it was checked out', async () => {
    const pool = createPool();
    const client = await pool.connect();
    const pid = await pidOf(client);
    await terminate(pid);
    await expect(client.query('SELECT pg_sleep(5)')).rejects.toThrow();
    client.release();
    expect(await withClient(pool, pidOf)).not.toBe(pid);
  });

  it('is closed when a statement is still under way on it, and nothing waits for that', async () => {
    const pool = createPool();
    const client = await pool.connect();
    const pid = await pidOf(client);
    const abandoned = client.query('SELECT pg_sleep(30)');
    const failed = expect(abandoned).rejects.toThrow();
    client.release();
    await failed;
    expect(await withClient(pool, pidOf)).not.toBe(pid);
  });

  it('cannot be returned twice, nor by who had it before', async () => {
    const pool = createPool();
    const first = await pool.connect();
    const release = first.release.bind(first);
    first.release();
    expect(() => {
      release();
    }).toThrow('returned before');
    const second = await pool.connect();
    expect(() => {
      release();
    }).toThrow('returned before');
    expect(pool.statistics()).toMatchObject({ checked_out: 1, idle: 0 });
    second.release();
    expect(pool.statistics()).toMatchObject({ checked_out: 0, idle: 1 });
  });
});

describe('a connection that is returned inside a transaction', () => {
  it.each(['INSERT INTO kept VALUES (42)', 'SELECT 1/0'])(
    'is rolled back after %s, and used again',
    async (statement) => {
      const pool = createPool();
      const first = await withClient(pool, async (client) => {
        await client.query('BEGIN');
        await client.query(statement).catch(() => undefined);
        return client.query('SELECT 1').then(
          () => pidOf(client),
          () => undefined,
        );
      });
      const { rows } = await pool.query<{ pid: number; found: number; locks: number }>(
        `SELECT pg_backend_pid() AS pid, (SELECT count(*)::int FROM kept WHERE id = 42) AS found,
          (SELECT count(*)::int FROM pg_locks WHERE relation = 'kept'::regclass
            AND mode = 'RowExclusiveLock') AS locks`,
      );
      expect(rows[0]).toMatchObject({ found: 0, locks: 0 });
      if (first !== undefined) expect(rows[0]?.pid).toBe(first);
      expect(pool.statistics()).toMatchObject({ checked_out: 0, idle: 1 });
    },
  );

  it('is closed when it cannot be rolled back, in bounded time', async () => {
    const { proxy, url } = await proxied();
    const pool = createPool({}, url, 500);
    const client = await pool.connect();
    const pid = await pidOf(client);
    await client.query('BEGIN');
    proxy.stall();
    client.release();
    await eventually(() => {
      expect(pool.statistics()).toMatchObject({ checked_out: 0, idle: 0 });
    }, 3000);
    proxy.resume();
    expect(await withClient(pool, pidOf)).not.toBe(pid);
  });
});

describe('a statement that is never answered', () => {
  it('fails a little after the bound of the server, and takes its connection with it', async () => {
    const { proxy, url } = await proxied();
    const pool = createPool({ statementTimeoutMs: 200 }, url);
    const client = await pool.connect();
    const pid = await pidOf(client);
    proxy.stall();
    const begun = performance.now();
    await expect(client.query('SELECT 1')).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    expect(performance.now() - begun).toBeGreaterThanOrEqual(1100);
    client.release();
    proxy.resume();
    expect(await withClient(pool, pidOf)).not.toBe(pid);
  });

  it('may take as long as it likes when nothing is bounded', async () => {
    const pool = createPool({ statementTimeoutMs: 0 });
    await expect(pool.query('SELECT pg_sleep(1.5)')).resolves.toMatchObject({ rowCount: 1 });
  });

  it('has all its time again with each statement', async () => {
    const pool = createPool({ statementTimeoutMs: 1000 });
    await withClient(pool, async (client) => {
      for (let turn = 0; turn < 4; turn += 1) await client.query('SELECT pg_sleep(0.7)');
    });
    expect(pool.statistics()).toMatchObject({ idle: 1 });
  });
});

describe('a connection that breaks between its checkout and its first statement', () => {
  it('fails that statement, ends nothing, and is closed', async () => {
    const pool = createPool();
    const client = await pool.connect();
    const pid = await pidOf(client);
    await terminate(pid);
    await wait(100);
    await expect(client.query('SELECT 1')).rejects.toThrow();
    client.release();
    expect(await withClient(pool, pidOf)).not.toBe(pid);
  });
});
