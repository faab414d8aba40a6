import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { PoolClient } from 'pg';
import { Pool } from '../../src/pool/pool.js';
import { clientConfig } from '../../src/connection/postgres-client.js';
import { cleanup } from '../../../../test/support/cleanup.js';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import {
  type RefusingPooler,
  startRefusingPooler,
} from '../../../../test/support/refusing-pooler.js';
import { poolSettings, postgresSettings } from '../../../../test/support/settings.js';

const { later } = cleanup();

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

const SETTINGS = poolSettings({ size: 2, statementTimeoutMs: 300, lockTimeoutMs: 200 });

/** A pool through a pooler that refuses some of what it is asked for at the start. */
async function behind(
  refused: readonly string[],
  sqlState: string,
  options: string,
): Promise<{ readonly pool: Pool; readonly pooler: RefusingPooler }> {
  const url = new URL(database.url);
  const pooler = await startRefusingPooler({ port: Number(url.port) }, refused, sqlState);
  later(() => pooler.close());
  url.hostname = '127.0.0.1';
  url.port = String(pooler.port);
  url.search = `?options=${encodeURIComponent(options)}`;
  const config = clientConfig(postgresSettings(url.href), SETTINGS);
  const pool = new Pool(config, SETTINGS, { onLeak: () => undefined });
  later(() => pool.end());
  return { pool, pooler };
}

async function settingOf(client: PoolClient, name: string): Promise<string | undefined> {
  const { rows } = await client.query<{ value: string }>('SELECT current_setting($1) AS value', [
    name,
  ]);
  return rows[0]?.value;
}

it.each(['0A000', '08P01', '22023', '42501', '42704', '55P02'])(
  'holds what was refused at the start with %s: time-outs and settings',
  async (sqlState) => {
    const refused = ['statement_timeout', 'lock_timeout', 'options'];
    const { pool, pooler } = await behind(refused, sqlState, '-c work_mem=7MB --jit=off');
    const clients = await Promise.all([pool.connect(), pool.connect()]);
    for (const client of clients) {
      expect(await settingOf(client, 'statement_timeout')).toBe('300ms');
      expect(await settingOf(client, 'lock_timeout')).toBe('200ms');
      expect(await settingOf(client, 'work_mem')).toBe('7MB');
      expect(await settingOf(client, 'jit')).toBe('off');
    }
    const [first] = clients;
    await expect(first.query('SELECT pg_sleep(5)')).rejects.toMatchObject({ code: '57014' });
    // The server has cancelled it by itself: the connection is still good.
    expect(await settingOf(first, 'work_mem')).toBe('7MB');
    for (const client of clients) client.release();
    expect(pooler.refused()).toBeGreaterThan(0);
    expect(pool.beginStatement).toBe('BEGIN');
  },
);

it('asks for settings at the start where only the time-outs are refused', async () => {
  const { pool } = await behind(['statement_timeout'], '0A000', '-c work_mem=7MB');
  const client = await pool.connect();
  expect(await settingOf(client, 'work_mem')).toBe('7MB');
  expect(await settingOf(client, 'statement_timeout')).toBe('300ms');
  client.release();
});

it('fails with what the server says where something is refused that cannot be set afterwards', async () => {
  const { pool } = await behind(['options'], '0A000', 'endpoint=ep-quiet-1');
  await expect(pool.connect()).rejects.toMatchObject({ code: 'POSTGRES_REFUSED' });
});
