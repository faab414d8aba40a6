import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { PoolClient } from 'pg';
import type { Pool } from '../../src/pool/pool.js';
import { requestFault } from '../../src/faults/request-fault.js';
import type { PooledClient } from '../../src/pool/pooled-client.js';
import { cleanup } from '../../../../test/support/cleanup.js';
import { openPool } from '../../../../test/support/pool.js';
import { eventually } from '../../../../test/support/eventually.js';
import { startPooler } from '../../../../test/support/pgbouncer.js';
import { startPostgresServer } from '../../../../test/support/postgres-server.js';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { startProxy, through } from '@holdfast/testing/tcp-proxy';

const { later } = cleanup();

async function proxied() {
  const database = await createDatabase();
  later(() => database.drop());
  await database.query('CREATE TABLE kept (id integer PRIMARY KEY)');
  const proxy = await startProxy({ port: Number(new URL(database.url).port) });
  later(() => proxy.close());
  const pool = openPool(through(proxy, database.url), { size: 1, maxOverflow: 0 });
  later(() => pool.end());
  return { database, proxy, pool };
}

type Lent = PoolClient & Pick<PooledClient, 'deadline' | 'isSpoiled'>;

const lent = async (pool: Pool) => (await pool.connect()) as Lent;

/** The process that logs out is not gone at once. */
async function expectNoSleeper(database: TestDatabase) {
  await eventually(async () => {
    const sleeping = await database.query(
      `SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)' AND state = 'active'`,
    );
    expect(sleeping).toEqual([]);
  });
}

describe('the end of a borrower’s time', () => {
  it('cuts nothing short that is asked of the connection after it, the ping of the pool included', async () => {
    const { pool, proxy } = await proxied();
    for (let round = 0; round < 3; round += 1) {
      const client = await lent(pool);
      client.deadline = performance.now() + 50;
      await client.query('SELECT 1');
      client.release();
      // From now on it is pinged before it is lent, and the answer takes its time.
      await wait(1100);
      proxy.delay(40);
      const next = await lent(pool);
      expect(next).toBe(client);
      expect(next.isSpoiled).toBe(false);
      const { rows } = await next.query<object>('SELECT pg_sleep(0.3), 1 AS one');
      expect(rows).toMatchObject([{ one: 1 }]);
      next.release();
      proxy.delay(0);
    }
  });

  it('cancels what it waits for, which is told as the request being late', async () => {
    const { database, pool } = await proxied();
    const client = await lent(pool);
    client.deadline = performance.now() + 200;
    const error: unknown = await client
      .query('SELECT pg_sleep(60)')
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: '57014' });
    expect(requestFault(error)).toBe('DATABASE_UNAVAILABLE');
    client.release();
    expect(pool.statistics()).toMatchObject({ checked_out: 0, idle: 0 });
    await expectNoSleeper(database);
  });

  it('a statement that somebody else cancels is told as that', async () => {
    const { database, pool } = await proxied();
    const client = await lent(pool);
    client.deadline = performance.now() + 20_000;
    const cancelled = client.query('SELECT pg_sleep(60)').catch((reason: unknown) => reason);
    await eventually(async () => {
      const done = await database.query(
        `SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'`,
      );
      expect(done).toHaveLength(1);
    });
    expect(requestFault(await cancelled)).toBe('POSTGRES_STATEMENT_CANCELLED');
    client.release();
  });

  it.each(['COMMIT', 'INSERT INTO kept VALUES (2)', 'ROLLBACK'])(
    'whose cancel is still on its way when the statement ends keeps %s from being sent',
    async (after) => {
      const { database, proxy, pool } = await proxied();
      const client = await lent(pool);
      await client.query('BEGIN; INSERT INTO kept VALUES (1)');
      // Cancel requests come as connections of their own: this one gets lost.
      const nowhere = await startProxy({ port: 1 });
      later(() => nowhere.close());
      proxy.lead({ port: nowhere.port });
      client.deadline = performance.now() + 100;
      await client.query('SELECT pg_sleep(0.4)');
      expect(nowhere.accepted()).toBe(1);
      await expect(client.query(after)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
      client.release();
      expect(pool.statistics()).toMatchObject({ checked_out: 0, idle: 0 });
      expect(await database.query('SELECT id FROM kept')).toEqual([]);
    },
  );
});

describe('a commit that waits for a synchronous standby', () => {
  const WAITING = `SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'`;

  async function withoutStandby(settings: Parameters<typeof openPool>[1], isPooled = false) {
    const server = await startPostgresServer();
    later(() => server.remove());
    const database = await createDatabase(server.url);
    await database.query('CREATE TABLE kept (id integer PRIMARY KEY)');
    await database.query(`ALTER SYSTEM SET synchronous_standby_names = 'nobody'`);
    await database.query('SELECT pg_reload_conf()');
    const pooler = isPooled ? await startPooler(database.url, 'transaction', 2, {}) : undefined;
    if (pooler) later(pooler.stop);
    const pool = openPool(pooler?.url ?? database.url, settings);
    later(() => pool.end());
    return { database, pool };
  }

  it.each([
    ['COMMIT', ['BEGIN; INSERT INTO kept VALUES (1)', 'COMMIT']],
    ['a statement of its own', ['INSERT INTO kept VALUES (1)']],
  ])('and is cancelled, as %s, does not end well', async (_, statements) => {
    const { database, pool } = await withoutStandby({});
    const client = await lent(pool);
    const before = statements.slice(0, -1);
    for (const statement of before) await client.query(statement);
    const written = client.query(statements.at(-1) ?? '').catch((reason: unknown) => reason);
    await eventually(async () => {
      expect(await database.query(WAITING)).toHaveLength(1);
    });
    await database.query(`SELECT pg_cancel_backend(pid) FROM (${WAITING}) AS waiting`);
    const error = await written;
    expect(error).toMatchObject({ code: '40003' });
    expect(requestFault(error)).toBe('POSTGRES_CONNECTION_ENDED');
    client.release();
    expect(pool.statistics()).toMatchObject({ checked_out: 0, idle: 0 });
  });

  it('is not cancelled by the pool, neither for its borrower nor for its own bound', async () => {
    const { database, pool } = await withoutStandby({ statementTimeoutMs: 500 }, true);
    const client = await lent(pool);
    await client.query(`${pool.beginStatement}; INSERT INTO kept VALUES (1)`);
    client.deadline = performance.now() + 100;
    await expect(client.query('COMMIT')).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    // PgBouncer closes what its client has left; a cancel would have ended the wait.
    client.release();
    expect(await database.query('SELECT id FROM kept')).toEqual([]);
  });
});
