import { expect, it } from '@jest/globals';
import type pg from 'pg';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { expectProblem, HttpClient } from '../support/http-client.js';
import { connected, migratedDatabase } from '../support/migrations.js';
import { startService } from '../support/service.js';

const { later } = cleanup();

const DRAFT = JSON.stringify({ portfolio_id: 'pf', created_by: 'me', document: {} });
const MOVE = { to_state: 'RISK_REVIEW', expected_state: 'DRAFT', actor_id: 'me' };

/** Statements of the database that wait for a lock. */
async function waiting(client: pg.Client): Promise<number | null> {
  const { rowCount } = await client.query(
    `SELECT 1 FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return rowCount;
}

it('a record that others change whenever a request is about to is told as contended, and is not changed', async () => {
  const { database, environment } = await migratedDatabase(later);
  const service = await startService({
    ...environment,
    HOST: '127.0.0.1',
    MIGRATE_ON_START: 'true',
  });
  later(() => service.stop('SIGKILL'));
  const client = new HttpClient(service.url);
  const made = await client.send('POST', '/rebalance/proposals', DRAFT, { 'idempotency-key': 'k' });
  const { proposal_id: id } = JSON.parse(made.text) as { proposal_id: string };

  // Two sessions in turn: one queues before the other commits, so that the record is never free.
  const watcher = await connected(later, database.url);
  let holder = await connected(later, database.url);
  let next = await connected(later, database.url);
  const change = (session: pg.Client) =>
    session.query('BEGIN; UPDATE proposal_records SET revision = revision + 1');
  await change(holder);
  const request = { isAnswered: false };
  const moving = client
    .post(`/rebalance/proposals/${id}/transitions`, MOVE)
    .finally(() => (request.isAnswered = true));
  let changes = 0;
  for (;;) {
    await eventually(async () => {
      expect(request.isAnswered || (await waiting(watcher)) === 1).toBe(true);
    });
    if (request.isAnswered) break;
    const queued = change(next);
    await eventually(async () => {
      expect(await waiting(watcher)).toBe(2);
    });
    await holder.query('COMMIT');
    await queued;
    changes += 1;
    [holder, next] = [next, holder];
  }
  await holder.query('COMMIT');

  expectProblem(await moving, 409, 'RECORD_CONTENDED');
  expect(changes).toBeGreaterThan(1);
  expect(await database.query('SELECT current_state, revision FROM proposal_records')).toEqual([
    { current_state: 'DRAFT', revision: changes + 2 },
  ]);
  const again = await client.post(`/rebalance/proposals/${id}/transitions`, MOVE);
  expect(again.status).toBeLessThan(300);
});
