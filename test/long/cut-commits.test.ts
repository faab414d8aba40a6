import { expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { environmentOf } from '../support/migrations.js';
import { startPostgresServer } from '../support/postgres-server.js';
import { createDatabase } from '@holdfast/testing/temporary-database';
import { jsonLines } from '../support/program.js';
import { startService } from '../support/service.js';

const { later } = cleanup();

const WAITING = `SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'`;

const draft = (url: string) =>
  fetch(`${url}/rebalance/proposals`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'one' },
    body: JSON.stringify({ portfolio_id: 'pf', created_by: 'me', document: {} }),
  });

it('a write whose wait for a synchronous standby is cancelled is not acknowledged, and not done twice', async () => {
  const server = await startPostgresServer();
  later(() => server.remove());
  const database = await createDatabase(server.url);
  const service = await startService({
    ...environmentOf(database.url),
    HOST: '127.0.0.1',
    MIGRATE_ON_START: 'true',
  });
  later(() => service.stop('SIGKILL'));
  await database.query(`ALTER SYSTEM SET synchronous_standby_names = 'nobody'`);
  await database.query('SELECT pg_reload_conf()');

  const written = draft(service.url);
  await eventually(async () => {
    expect(await database.query(WAITING)).not.toEqual([]);
  });
  await database.query(`SELECT pg_cancel_backend(pid) FROM (${WAITING}) AS waiting`);
  const answer = await written;
  expect(answer.status).toBe(503);
  expect(await answer.json()).toMatchObject({ code: 'POSTGRES_CONNECTION_ENDED' });
  const [told] = jsonLines(service.output()).filter(({ event }) => event === 'request.failed');
  expect(told).toMatchObject({ code: 'POSTGRES_CONNECTION_ENDED', err: { code: '40003' } });

  await database.query('ALTER SYSTEM RESET synchronous_standby_names');
  await database.query('SELECT pg_reload_conf()');
  await eventually(async () => {
    expect([200, 201]).toContain((await draft(service.url)).status);
  });
  expect(await database.query('SELECT count(*)::int AS count FROM proposal_records')).toEqual([
    { count: 1 },
  ]);
});
