import { setTimeout as wait } from 'node:timers/promises';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { PoolClient } from 'pg';
import { AcquireLatency } from '../../src/pool/pool-statistics.js';
import type { Pool } from '../../src/pool/pool.js';
import { ReasonError } from '@holdfast/core/reasons';
import { cleanup } from '../../../../test/support/cleanup.js';
import { eventually } from '../../../../test/support/eventually.js';
import { freePort } from '@holdfast/testing/cluster';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { openPool, pidOf } from '../../../../test/support/pool.js';
import { startProxy, through } from '@holdfast/testing/tcp-proxy';

const { later } = cleanup();

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

function createPool(
  changed: Parameters<typeof openPool>[1] = {},
  { url = database.url, ...rest }: { url?: string } & Parameters<typeof openPool>[2] = {},
): Pool {
  const pool = openPool(url, changed, rest);
  later(() => pool.end());
  return pool;
}

/** How a promise ends, or that it does not within a generous time. */
function outcome(promise: Promise<PoolClient>): Promise<'connected' | 'refused' | 'hanging'> {
  return Promise.race([
    promise.then(
      (client) => {
        client.release();
        return 'connected' as const;
      },
      () => 'refused' as const,
    ),
    wait(8000, 'hanging' as const, { ref: false }),
  ]);
}

async function refusal(promise: Promise<unknown>): Promise<ReasonError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ReasonError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('the statistics of a pool', () => {
  it('are all zero at first, but for its size', () => {
    expect(createPool().statistics()).toEqual({
      size: 2,
      max_overflow: 1,
      checked_out: 0,
      idle: 0,
      overflow: 0,
      waiting: 0,
      acquired_total: 0,
      timeouts_total: 0,
      leaks_total: 0,
      acquire_ms: { p50: 0, p99: 0 },
    });
  });

  it('follow what is checked out, idle, overflowing and waiting', async () => {
    const pool = createPool();
    const one = await pool.connect();
    expect(pool.statistics()).toMatchObject({ checked_out: 1, idle: 0, overflow: 0, waiting: 0 });
    const two = await pool.connect();
    expect(pool.statistics()).toMatchObject({ checked_out: 2, overflow: 0 });
    const three = await pool.connect();
    expect(pool.statistics()).toMatchObject({ checked_out: 3, idle: 0, overflow: 1 });

    const fourth = pool.connect();
    expect(pool.statistics()).toMatchObject({ checked_out: 3, waiting: 1, acquired_total: 3 });
    one.release();
    const four = await fourth;
    expect(pool.statistics()).toMatchObject({ checked_out: 3, waiting: 0, acquired_total: 4 });

    for (const client of [two, three, four]) client.release();
    expect(pool.statistics()).toMatchObject({
      checked_out: 0,
      idle: 3,
      overflow: 1,
      waiting: 0,
      acquired_total: 4,
      timeouts_total: 0,
    });
  });

  it('count a query of the pool itself like any other caller', async () => {
    const pool = createPool();
    await pool.query('SELECT 1');
    expect(pool.statistics()).toMatchObject({ checked_out: 0, idle: 1, acquired_total: 1 });
    await expect(pool.query('SELECT nonsense')).rejects.toThrow('nonsense');
    expect(pool.statistics()).toMatchObject({ checked_out: 0, acquired_total: 2 });
  });

  it('do not count a connection that was thrown away', async () => {
    const pool = createPool();
    const client = await pool.connect();
    client.release(true);
    expect(pool.statistics()).toMatchObject({ checked_out: 0, idle: 0, overflow: 0 });
  });

  it('measure how long callers wait', async () => {
    const pool = createPool({ size: 1, maxOverflow: 0 });
    const first = await pool.connect();
    const second = pool.connect();
    await wait(200);
    first.release();
    (await second).release();
    const { p50, p99 } = pool.statistics().acquire_ms;
    expect(p50).toBeGreaterThan(0);
    expect(p99).toBeGreaterThanOrEqual(190);
    expect(p99).toBeGreaterThanOrEqual(p50);
  });
});

describe('AcquireLatency', () => {
  it('is zero before the first, and then in milliseconds', () => {
    const latency = new AcquireLatency();
    expect(latency.count).toBe(0);
    expect(latency.percentiles()).toEqual({ p50: 0, p99: 0 });
    for (const milliseconds of Array.from({ length: 100 }, (_, index) => index + 1)) {
      latency.record(milliseconds);
    }
    const { p50, p99 } = latency.percentiles();
    expect(latency.count).toBe(100);
    expect(Math.abs(p50 - 50)).toBeLessThan(1);
    expect(Math.abs(p99 - 99)).toBeLessThan(1);
  });

  it('takes no time at all', () => {
    const latency = new AcquireLatency();
    latency.record(0);
    expect(latency.percentiles().p99).toBeLessThan(0.001);
  });
});

describe('a pool whose connections are all in use', () => {
  it('refuses with POOL_TIMEOUT in time, and goes on afterwards', async () => {
    const pool = createPool({ size: 1, maxOverflow: 0, timeoutSeconds: 1 });
    const client = await pool.connect();
    const [error] = await Promise.all([refusal(pool.connect()), refusal(pool.query('SELECT 1'))]);
    expect(error.code).toBe('POOL_TIMEOUT');
    expect(error.reason.status).toBe(503);
    expect(error.retryAfterSeconds).toBeGreaterThanOrEqual(1);
    expect(pool.statistics()).toMatchObject({
      checked_out: 1,
      waiting: 0,
      acquired_total: 1,
      timeouts_total: 2,
    });
    client.release();
    (await pool.connect()).release();
    expect(pool.statistics()).toMatchObject({ acquired_total: 2, timeouts_total: 2 });
  });

  it('refuses a caller with a callback in the same way', async () => {
    const pool = createPool({ size: 1, maxOverflow: 0, timeoutSeconds: 1 });
    const client = await pool.connect();
    const error = await new Promise((resolve) => {
      pool.connect(resolve);
    });
    expect(error).toMatchObject({ code: 'POOL_TIMEOUT' });
    client.release();
    const acquired = await new Promise<PoolClient | undefined>((resolve) => {
      pool.connect((_, another) => {
        resolve(another);
      });
    });
    expect(acquired).toBeDefined();
    acquired?.release();
  });

  it('serves those who wait in their order', async () => {
    const pool = createPool({ size: 1, maxOverflow: 0 });
    const client = await pool.connect();
    const order: number[] = [];
    const callers = [1, 2, 3].map(async (number) => {
      const own = await pool.connect();
      order.push(number);
      own.release();
    });
    client.release();
    await Promise.all(callers);
    expect(order).toEqual([1, 2, 3]);
  });
});

describe('a connection that cannot be made', () => {
  it('is no POOL_TIMEOUT when the server is down', async () => {
    const url = `postgresql://app:password@127.0.0.1:${await freePort()}/holdfast`;
    const pool = createPool({}, { url });
    await expect(pool.connect()).rejects.toMatchObject({ code: 'POSTGRES_UNREACHABLE' });
    expect(pool.statistics()).toMatchObject({ checked_out: 0, idle: 0, timeouts_total: 0 });
  });

  it('is given up after the connect timeout, and the pool recovers', async () => {
    const proxy = await startProxy({ port: Number(new URL(database.url).port) });
    later(() => proxy.close());
    proxy.stall();
    const url = through(proxy, database.url);
    const pool = createPool({ size: 1, maxOverflow: 0 }, { url, connectTimeoutMs: 300 });
    const failed = await Promise.allSettled([pool.connect(), pool.connect(), pool.connect()]);
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(pool.statistics()).toMatchObject({ checked_out: 0, waiting: 0, timeouts_total: 0 });
    proxy.resume();
    (await pool.connect()).release();
    expect(pool.statistics()).toMatchObject({ idle: 1, acquired_total: 1 });
  });
});

describe('a connection that is gone', () => {
  /** One connection through a proxy, idle for long enough to be pinged. */
  async function idlePool() {
    const proxy = await startProxy({ port: Number(new URL(database.url).port) });
    later(() => proxy.close());
    const url = through(proxy, database.url);
    const settings = { size: 1, maxOverflow: 0, timeoutSeconds: 1 };
    const pool = createPool(settings, { url, connectTimeoutMs: 500 });
    // A pool that hangs can only be ended once its connections are.
    later(proxy.cut);
    (await pool.connect()).release();
    await wait(1100);
    return { pool, proxy };
  }

  it('is not handed out when it broke while it was idle', async () => {
    const pool = createPool({ prePing: false });
    const client = await pool.connect();
    const pid = await pidOf(client);
    client.release();
    await database.query('SELECT pg_terminate_backend($1)', [pid]);
    await eventually(() => {
      expect(pool.statistics().idle).toBe(0);
    });
    const another = await pool.connect();
    expect(await pidOf(another)).not.toBe(pid);
    another.release();
  });

  it('is found by the ping, in bounded time, when nothing told of its end', async () => {
    const { pool, proxy } = await idlePool();
    proxy.stall();
    expect(await outcome(pool.connect())).toBe('refused');
    proxy.resume();
    expect(await outcome(pool.connect())).toBe('connected');
  });

  it('is replaced, and ends nothing else, when it breaks during the ping', async () => {
    const { pool, proxy } = await idlePool();
    proxy.when('SELECT 1', () => {
      proxy.cut();
      proxy.mend();
    });
    expect(await outcome(pool.connect())).toBe('connected');
    expect(pool.statistics()).toMatchObject({ checked_out: 0, idle: 1 });
    expect(proxy.accepted()).toBe(2);
  });

  it('is replaced when it is older than it may get', async () => {
    const pool = createPool({ recycleSeconds: 1, size: 1 });
    const client = await pool.connect();
    const pid = await pidOf(client);
    client.release();
    await eventually(async () => {
      const another = await pool.connect();
      const current = await pidOf(another);
      another.release();
      expect(current).not.toBe(pid);
    });
  });

  it('that is young is used again', async () => {
    const pool = createPool();
    const pids = new Set<number | undefined>();
    for (let turn = 0; turn < 3; turn += 1) {
      const client = await pool.connect();
      pids.add(await pidOf(client));
      client.release();
    }
    expect(pids.size).toBe(1);
  });
});

describe('a connection that is not returned', () => {
  it('is a leak after a while, told once', async () => {
    const onLeak = jest.fn<(stack: string) => void>();
    const pool = createPool({ leakDetectionMs: 50 }, { onLeak });
    const client = await pool.connect();
    await eventually(() => {
      expect(pool.statistics().leaks_total).toBe(1);
    });
    await wait(150);
    expect(onLeak).toHaveBeenCalledTimes(1);
    client.release();
    expect(pool.statistics()).toMatchObject({ checked_out: 0, leaks_total: 1 });
  });

  it('is none when it comes back in time, or when nobody looks', async () => {
    const onLeak = jest.fn<(stack: string) => void>();
    const watched = createPool({ leakDetectionMs: 150 }, { onLeak });
    (await watched.connect()).release();
    const unwatched = createPool({ leakDetectionMs: 0 }, { onLeak });
    const client = await unwatched.connect();
    await wait(300);
    client.release();
    expect(onLeak).not.toHaveBeenCalled();
    expect(watched.statistics().leaks_total + unwatched.statistics().leaks_total).toBe(0);
  });
});

describe('a pool', () => {
  it('logs in with the password of its settings', async () => {
    const role = `pool_test_${process.pid}`;
    const password = "it's a sëcret/#?@%";
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'it''s a sëcret/#?@%'`);
    later(() => database.query(`DROP ROLE ${role}`));
    const url = new URL(database.url);
    url.username = role;
    url.password = encodeURIComponent(password);
    const pool = createPool({}, { url: url.href });
    const { rows } = await pool.query<{ who: string }>('SELECT current_user AS who');
    expect(rows).toEqual([{ who: role }]);
    expect(inspect(pool, { depth: 6 })).not.toContain(password);
    expect(JSON.stringify(pool.statistics())).not.toContain(role);
  });
});
