import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { cleanup } from '../../../../test/support/cleanup.js';
import { eventually } from '../../../../test/support/eventually.js';
import { startPooler } from '../../../../test/support/pgbouncer.js';
import { openPool } from '../../../../test/support/pool.js';
import { createDatabase } from '@holdfast/testing/temporary-database';

const { later } = cleanup();

async function behindPooler(
  settings: Readonly<Record<string, string>>,
  changed: Parameters<typeof openPool>[1] = {},
) {
  const database = await createDatabase();
  later(() => database.drop());
  const pooler = await startPooler(database.url, 'transaction', 2, settings);
  later(pooler.stop);
  const pool = openPool(pooler.url, { statementTimeoutMs: 500, lockTimeoutMs: 300, ...changed });
  later(() => pool.end());
  const sleeping = () =>
    database.query(
      "SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)' AND state = 'active'",
    );
  return { database, pool, sleeping };
}

describe.each([
  ['refuses time-outs at the start', {}],
  ['drops time-outs at the start', { ignore_startup_parameters: 'statement_timeout,lock_timeout' }],
])('through a PgBouncer that %s', (_, settings) => {
  it('a crowd at a cold pool is served', async () => {
    const { pool } = await behindPooler(settings);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (__, index) =>
        pool.query<{ n: number }>('SELECT $1::int AS n', [index]),
      ),
    );
    expect(answers.map(({ rows }) => rows)).toEqual(answers.map((__, n) => [{ n }]));
  });

  it('the server bounds the statements and locks of transactions', async () => {
    const { pool, database } = await behindPooler(settings);
    await database.query('CREATE TABLE held (id integer)');
    const [one, two] = await Promise.all([pool.connect(), pool.connect()]);
    await one.query(pool.beginStatement);
    await expect(one.query('SELECT pg_sleep(60)')).rejects.toMatchObject({ code: '57014' });
    await one.query('ROLLBACK');
    await one.query(pool.beginStatement);
    await one.query('LOCK held');
    await two.query(pool.beginStatement);
    await expect(two.query('LOCK held')).rejects.toMatchObject({ code: '55P03' });
    // Returned as they are: the pool rolls them back.
    one.release();
    two.release();
    await expect(pool.query('LOCK held')).rejects.toMatchObject({ code: '25P01' });
  });

  it('a statement of its own is cancelled, and its connection closed', async () => {
    const { pool, sleeping } = await behindPooler(settings);
    await expect(pool.query('SELECT pg_sleep(60)')).rejects.toMatchObject({ code: '57014' });
    await eventually(async () => {
      expect(await sleeping()).toEqual([]);
    });
    expect(pool.statistics()).toMatchObject({ checked_out: 0, idle: 0 });
  });

  it('leaves no time-out behind for others', async () => {
    const { pool } = await behindPooler(settings);
    const client = await pool.connect();
    await client.query(pool.beginStatement);
    await client.query('COMMIT');
    await wait(10);
    const { rows } = await client.query<object>(
      "SELECT current_setting('statement_timeout') AS statements, current_setting('lock_timeout') AS locks",
    );
    expect(rows).toEqual([{ statements: '0', locks: '0' }]);
    client.release();
  });
});

describe('directly', () => {
  it('a transaction begins with nothing else', async () => {
    const database = await createDatabase();
    later(() => database.drop());
    const pool = openPool(database.url);
    later(() => pool.end());
    await pool.query('SELECT 1');
    expect(pool.beginStatement).toBe('BEGIN');
  });
});
