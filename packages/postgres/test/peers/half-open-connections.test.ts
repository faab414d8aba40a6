import { expect, it } from '@jest/globals';
import { PostgresSession } from '../../src/sessions/postgres-session.js';
import { cleanup } from '../../../../test/support/cleanup.js';
import { startPooler } from '../../../../test/support/pgbouncer.js';
import { openPool } from '../../../../test/support/pool.js';
import { createDatabase } from '@holdfast/testing/temporary-database';
import { poolSettings, postgresSettings } from '../../../../test/support/settings.js';
import { startProxy, through } from '@holdfast/testing/tcp-proxy';

const { later } = cleanup();

async function ownDatabase() {
  const database = await createDatabase();
  later(() => database.drop());
  return database;
}

async function sessionTo(url: string): Promise<PostgresSession> {
  const session = await PostgresSession.open(postgresSettings(url), poolSettings(), 'probe');
  later(() => {
    session.destroy();
  });
  return session;
}

it('whose statement the server does not know of are closed, and those it works for are not', async () => {
  const database = await ownDatabase();
  const proxy = await startProxy({ port: Number(new URL(database.url).port) });
  later(() => proxy.close());
  const pool = openPool(through(proxy, database.url));
  later(() => pool.end());
  const session = await sessionTo(database.url);
  const [dead, working, idle] = [await pool.connect(), await pool.connect(), await pool.connect()];
  const worked = working.query('SELECT pg_sleep(3)');
  await database.query('SELECT pg_sleep(0.2)');
  proxy.stall();
  const lost = dead.query('SELECT 1');
  const failed = expect(lost).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  await pool.closeHalfOpenConnections((pids) => session.busyBackends(pids));
  await failed;
  dead.release();
  expect(pool.statistics()).toMatchObject({ checked_out: 2 });
  proxy.resume();
  await worked;
  expect((await idle.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  working.release();
  idle.release();
});

it('are not looked for through a pooler, whose numbers are not those of the server', async () => {
  const database = await ownDatabase();
  const pooler = await startPooler(database.url, 'transaction');
  later(() => pooler.stop());
  expect(await (await sessionTo(database.url)).busyBackends([])).toBeInstanceOf(Set);
  expect(await (await sessionTo(pooler.url)).busyBackends([])).toBeUndefined();
});
