import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { PoolClient } from 'pg';
import type { Pool } from '../../src/pool/pool.js';
import { isSaturated } from '../../src/pool/pool-statistics.js';
import { cleanup } from '../../../../test/support/cleanup.js';
import { eventually } from '../../../../test/support/eventually.js';
import { openPool, pidOf } from '../../../../test/support/pool.js';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { startProxy, type TcpProxy, through } from '@holdfast/testing/tcp-proxy';

const { later } = cleanup();

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

interface Proxied {
  readonly pool: Pool;
  readonly proxy: TcpProxy;
}

/** Longer than anybody waits for a connection. */
const NEVER_MS = 600_000;

async function behindProxy(
  changed: Parameters<typeof openPool>[1] = {},
  connectTimeoutMs = 5000,
): Promise<Proxied> {
  const proxy = await startProxy({ port: Number(new URL(database.url).port) });
  later(() => proxy.close());
  const pool = openPool(through(proxy, database.url), changed, { connectTimeoutMs });
  later(() => pool.end());
  return { pool, proxy };
}

/** One borrower, who gives back at once. */
async function visit(pool: Pool): Promise<string> {
  try {
    (await pool.connect()).release();
    return 'served';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

const visits = (pool: Pool, count: number) =>
  Promise.all(Array.from({ length: count }, () => visit(pool)));

const counted = (outcomes: readonly string[]) =>
  Object.fromEntries(
    [...new Set(outcomes)].map((outcome) => [
      outcome,
      outcomes.filter((other) => other === outcome).length,
    ]),
  );

describe('a crowd at a cold pool', () => {
  it('causes no more logins at once than the pool has size, and is served', async () => {
    const { pool, proxy } = await behindProxy({ size: 3, maxOverflow: 10 });
    let most = 0;
    const watching = setInterval(() => {
      most = Math.max(most, pool.totalCount - pool.idleCount - pool.statistics().checked_out);
    }, 0);
    later(() => {
      clearInterval(watching);
    });
    const crowd = visits(pool, 500);
    expect(pool.totalCount).toBe(3);
    expect(counted(await crowd)).toEqual({ served: 500 });
    expect(most).toBeLessThanOrEqual(3);
    expect(proxy.accepted()).toBeLessThanOrEqual(13);
    expect(pool.statistics()).toMatchObject({ checked_out: 0, waiting: 0, acquired_total: 500 });
  });

  it('that asks at once gets the idle ones and new ones next to them', async () => {
    const { pool } = await behindProxy({ size: 2, maxOverflow: 2 });
    await visit(pool);
    const crowd = Promise.all(Array.from({ length: 4 }, () => pool.connect()));
    await new Promise((resolve) => setImmediate(resolve));
    expect(pool.statistics()).toMatchObject({ checked_out: 1, waiting: 3 });
    expect(pool.totalCount).toBe(3);
    const clients = await crowd;
    expect(pool.statistics()).toMatchObject({ checked_out: 4, idle: 0, overflow: 2, waiting: 0 });
    for (const client of clients) client.release();
  });

  it('of ten thousand is served in its order', async () => {
    const { pool } = await behindProxy({ size: 2, maxOverflow: 0, leakDetectionMs: 0 });
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 10_000 }, async (_, number) => {
        const client = await pool.connect();
        order.push(number);
        client.release();
      }),
    );
    expect(order).toEqual(Array.from({ length: 10_000 }, (_, number) => number));
  });

  it('of ten thousand is refused in time when nothing comes back, and leaves nothing', async () => {
    const { pool } = await behindProxy({ size: 1, maxOverflow: 0, timeoutSeconds: 1 });
    const client = await pool.connect();
    expect(isSaturated(pool.statistics())).toBe(true);
    expect(counted(await visits(pool, 10_000))).toEqual({ POOL_TIMEOUT: 10_000 });
    expect(pool.statistics()).toMatchObject({ waiting: 0, timeouts_total: 10_000 });
    client.release();
    expect(isSaturated(pool.statistics())).toBe(false);
    expect(await visit(pool)).toBe('served');
  });

  it('that gives up while a connection comes back loses none', async () => {
    const { pool } = await behindProxy({ size: 1, maxOverflow: 0, timeoutSeconds: 1 });
    for (let turn = 0; turn < 3; turn += 1) {
      const client = await pool.connect();
      const crowd = visits(pool, 50);
      // The first of the crowd gives up in the same turn of the event loop, or nearly so.
      await wait(998 + turn);
      client.release();
      const outcomes = counted(await crowd);
      expect((outcomes.served ?? 0) + (outcomes.POOL_TIMEOUT ?? 0)).toBe(50);
      expect(pool.statistics()).toMatchObject({ checked_out: 0, idle: 1, waiting: 0 });
    }
  });
});

describe('a pool whose server refuses', () => {
  it('refuses at once rather than after the time to wait, with few logins', async () => {
    const { pool, proxy } = await behindProxy();
    proxy.cut();
    const begun = performance.now();
    let refused = 0;
    while (performance.now() - begun < 1000) {
      const outcomes = counted(await visits(pool, 20));
      expect(outcomes).toEqual({ POSTGRES_UNREACHABLE: 20 });
      refused += 1;
    }
    // Every crowd has its answer after one pause and one login.
    expect(refused).toBeGreaterThanOrEqual(2);
    expect(proxy.accepted()).toBeLessThanOrEqual(25);
  });

  it('serves again after the server is back', async () => {
    const { pool, proxy } = await behindProxy();
    await visit(pool);
    proxy.cut();
    await eventually(async () => {
      expect(await visit(pool)).toBe('POSTGRES_UNREACHABLE');
    });
    for (let turn = 0; turn < 5; turn += 1) await visits(pool, 10);
    const before = proxy.accepted();
    proxy.mend();
    await eventually(async () => {
      expect(await visit(pool)).toBe('served');
    });
    expect(counted(await visits(pool, 100))).toEqual({ served: 100 });
    expect(proxy.accepted() - before).toBeLessThanOrEqual(5);
  });

  it('whose server is full serves who waits from what is returned', async () => {
    const role = `pool_full_${process.pid}`;
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'x' CONNECTION LIMIT 1`);
    const url = new URL(database.url);
    url.username = role;
    url.password = 'x';
    const pool = openPool(url.href, { size: 2, maxOverflow: 2 });
    later(async () => {
      await pool.end();
      await database.query(`DROP ROLE ${role}`);
    });
    const client = await pool.connect();
    const waiting = visits(pool, 5);
    await wait(300);
    expect(pool.statistics()).toMatchObject({ checked_out: 1, waiting: 5 });
    client.release();
    expect(counted(await waiting)).toEqual({ served: 5 });
  });

  it('whose server is full of others says so at once', async () => {
    const role = `pool_none_${process.pid}`;
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'x' CONNECTION LIMIT 0`);
    later(() => database.query(`DROP ROLE ${role}`));
    const url = new URL(database.url);
    url.username = role;
    url.password = 'x';
    const pool = openPool(url.href);
    later(() => pool.end());
    expect(counted(await visits(pool, 10))).toEqual({ POSTGRES_TOO_MANY_CONNECTIONS: 10 });
  });
});

describe('a pool whose server is silent', () => {
  it('tries another login next to one that hangs, and gives those up that hang', async () => {
    const { pool, proxy } = await behindProxy({ size: 2, maxOverflow: 4 }, NEVER_MS);
    // What is sent meanwhile is lost for good: the logins that began before the heal never end.
    proxy.drop();
    const waiting = visits(pool, 3);
    await wait(1500);
    expect(proxy.accepted()).toBeGreaterThanOrEqual(2);
    proxy.mend();
    expect(counted(await waiting)).toEqual({ served: 3 });
  });

  it('refuses when a login has had its time, whatever else is tried meanwhile', async () => {
    const { pool, proxy } = await behindProxy({ size: 2 }, 1500);
    proxy.stall();
    expect(counted(await visits(pool, 10))).toEqual({ POSTGRES_UNREACHABLE: 10 });
  });

  it('does not wait for an idle connection that does not answer a ping', async () => {
    const { pool, proxy } = await behindProxy({ size: 1, maxOverflow: 1 });
    await visit(pool);
    await wait(1100);
    proxy.drop();
    const waiting = visit(pool);
    await wait(200);
    proxy.mend();
    expect(await waiting).toBe('served');
  });

  it('pings every idle connection once one has broken, however short it was idle', async () => {
    // No overflow: a login that takes long would bring a third one, of after the break.
    const { pool, proxy } = await behindProxy({ size: 2, maxOverflow: 0 });
    const [one, two] = await Promise.all([pool.connect(), pool.connect()]);
    two.release();
    await database.query('SELECT pg_terminate_backend($1)', [await pidOf(one)]);
    await eventually(() => {
      expect(isOver(one)).toBe(true);
    });
    one.release();
    const before = proxy.roundTrips();
    expect(await visit(pool)).toBe('served');
    expect(proxy.roundTrips() - before).toBe(1);
    // No second ping of one that has just been seen: on a busy machine that may be long ago.
    await eventually(async () => {
      const seen = proxy.roundTrips();
      expect(await visit(pool)).toBe('served');
      expect(proxy.roundTrips()).toBe(seen);
    });
  });
});

describe('connections of the same age', () => {
  const lent = (pool: Pool) => Promise.all(Array.from({ length: 20 }, () => pool.connect()));

  it('are not all replaced at once', async () => {
    const pool = openPool(database.url, { size: 20, maxOverflow: 0, recycleSeconds: 100 });
    later(() => pool.end());
    const clients = await lent(pool);
    const lives = clients.map((client) => {
      const { expiresAt, loggedInAt } = client as unknown as {
        expiresAt: number;
        loggedInAt: number;
      };
      return expiresAt - loggedInAt;
    });
    expect(Math.max(...lives)).toBeLessThanOrEqual(100_000);
    // A login counts as well, which takes its time when there are twenty.
    expect(Math.min(...lives)).toBeGreaterThan(75_000);
    expect(Math.max(...lives) - Math.min(...lives)).toBeGreaterThan(2000);
    for (const client of clients) client.release();
  });

  it('are all replaced when they are too old', async () => {
    const pool = openPool(database.url, { size: 20, maxOverflow: 0, recycleSeconds: 1 });
    later(() => pool.end());
    for (const client of await lent(pool)) client.release();
    await wait(1000);
    expect(await visit(pool)).toBe('served');
    expect(pool.totalCount).toBe(1);
  });
});

describe('connections that are not recycled', () => {
  it('are used for good', async () => {
    const pool = openPool(database.url, { size: 1, recycleSeconds: 0 });
    later(() => pool.end());
    const client = await pool.connect();
    expect((client as unknown as { expiresAt: number }).expiresAt).toBe(Infinity);
    const pid = await pidOf(client);
    client.release();
    const again = await pool.connect();
    expect(await pidOf(again)).toBe(pid);
    again.release();
  });
});

describe('closing a pool', () => {
  it('waits for what is checked out, and refuses the others', async () => {
    const { pool, proxy } = await behindProxy({ size: 1, maxOverflow: 0 });
    const client = await pool.connect();
    const waiting = visit(pool);
    const ended = pool.end();
    expect(await waiting).toBe('SHUTTING_DOWN');
    expect(await visit(pool)).toBe('SHUTTING_DOWN');
    await expect(client.query('SELECT 1')).resolves.toMatchObject({ rowCount: 1 });
    client.release();
    await ended;
    await eventually(() => {
      expect(proxy.open()).toBe(0);
    });
  });

  it('ends in bounded time when a connection never comes back, and lets it be returned', async () => {
    const { pool, proxy } = await behindProxy();
    const client = await pool.connect();
    const failed = expect(client.query('SELECT pg_sleep(30)')).rejects.toThrow();
    await pool.end();
    await failed;
    client.release();
    await pool.end();
    expect(pool.statistics()).toMatchObject({ checked_out: 0, idle: 0 });
    await eventually(() => {
      expect(proxy.open()).toBe(0);
    });
  });

  it('ends in bounded time when the server is silent', async () => {
    const { pool, proxy } = await behindProxy({ size: 3 });
    const [one, two] = await Promise.all([pool.connect(), pool.connect()]);
    one.release();
    await wait(1100);
    proxy.stall();
    // One is pinged, one logs in, one is checked out, and none of them is answered.
    const waiting = visits(pool, 3);
    await wait(100);
    await pool.end();
    expect(counted(await waiting)).toEqual({ SHUTTING_DOWN: 3 });
    two.release();
    await eventually(() => {
      expect(proxy.open()).toBe(0);
    });
  });
});

const isOver = (client: PoolClient) => (client as unknown as { isLost: boolean }).isLost;
