import { setTimeout as wait } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { eventually } from '../../support/eventually.js';
import { startLoadBalancer } from '../../support/haproxy.js';
import { freePort } from '@holdfast/testing/cluster';
import {
  createDatabase,
  type TestDatabase,
  testServer,
} from '@holdfast/testing/temporary-database';
import { startService } from '../../support/service.js';
import { ENVIRONMENT, LIVE_WITHIN, now, poolAfter, slack, type Suite } from '../case.js';
import { startClient } from '../client.js';
import { rowOf } from '../figures.js';
import type { Row } from '../table.js';

/** A case of its own shape: the service ends in it. */
export interface ShutdownCase {
  readonly name: string;
  readonly run: (suite: Suite, report: (row: Row) => void) => Promise<void>;
}

const DRAIN_MS = '2500';

async function ownDatabase({ later }: Suite): Promise<TestDatabase> {
  const database = await createDatabase(testServer());
  later(() => database.drop());
  return database;
}

function expectNothingLost(row: Row): void {
  expect({ lost: row.lost, duplicates: row.duplicates }).toEqual({ lost: 0, duplicates: 0 });
  expect(row.acknowledged).toBeGreaterThan(10);
  expect(row.pool).toBe('free');
}

/** Kept-alive on both sides of HAProxy, which sends nothing twice: each lost request shows. */
async function behindLoadBalancer(suite: Suite, report: (row: Row) => void): Promise<void> {
  const database = await ownDatabase(suite);
  const start = async () => {
    const service = await startService({
      ...ENVIRONMENT,
      DATABASE_URL: database.url,
      SHUTDOWN_DRAIN_MS: DRAIN_MS,
    });
    suite.later(() => service.stop('SIGKILL'));
    return service;
  };
  const [leaving, staying] = [await start(), await start()];
  const balancer = await startLoadBalancer([leaving.url, staying.url]);
  suite.later(() => balancer.stop());
  const client = startClient({ url: balancer.url, probed: staying.url, retries: false });
  suite.later(() => {
    client.kill();
  });
  await client.warm;
  await wait(1000);

  const faultAt = now();
  const ended = leaving.stop();
  await eventually(async () => {
    expect(await balancer.isUp()).toEqual([false, true]);
  });
  const noticed = now() - faultAt;
  const { code, stdout } = await ended;
  const healedAt = now();
  await wait(1000);
  const observed = await client.end();
  const pool = await poolAfter(staying.url);
  const timeline = { faultAt, healingAt: healedAt, healedAt };
  const row = await rowOf('one of two instances stops behind HAProxy', observed, timeline, {
    database,
    pool,
  });
  report({ ...row, noticed_ms: noticed });

  expect(observed.failures).toEqual({});
  expect(code).toBe(0);
  expect(stdout).toMatch(/"event":"stopped","abandoned":0,"late":false/);
  expect(observed.ready.filter(({ status }) => status !== 200)).toEqual([]);
  expect(row.slowest_live_ms).toBeLessThanOrEqual(LIVE_WITHIN + slack(row));
  expectNothingLost(row);
}

/** What has begun is finished and told; what comes afterwards is refused until another one starts. */
async function inTransaction(suite: Suite, report: (row: Row) => void): Promise<void> {
  const database = await ownDatabase(suite);
  const environment = {
    ...ENVIRONMENT,
    DATABASE_URL: database.url,
    PORT: String(await freePort()),
    SHUTDOWN_DRAIN_MS: '1000',
  };
  const service = await startService(environment);
  suite.later(() => service.stop('SIGKILL'));
  await database.query(
    `CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN PERFORM pg_sleep(0.4); RETURN NULL; END $$;
     CREATE TRIGGER dawdle AFTER INSERT ON dpm_runs EXECUTE FUNCTION dawdle();
     CREATE TRIGGER dawdle AFTER INSERT ON proposal_records EXECUTE FUNCTION dawdle()`,
  );
  const client = startClient({ url: service.url });
  suite.later(() => {
    client.kill();
  });
  await client.warm;
  await wait(1000);

  const faultAt = now();
  const { code, stdout } = await service.stop();
  await database.query('DROP TRIGGER dawdle ON dpm_runs');
  await database.query('DROP TRIGGER dawdle ON proposal_records');
  const healingAt = now();
  const next = await startService(environment);
  suite.later(() => next.stop('SIGKILL'));
  const timeline = { faultAt, healingAt, healedAt: now() };
  await wait(1500);
  const observed = await client.end();
  const row = await rowOf('SIGTERM in the middle of transactions', observed, timeline, {
    database,
    pool: await poolAfter(next.url),
  });
  report(row);

  expect(code).toBe(0);
  expect(stdout).toMatch(/"event":"stopped","abandoned":0,"late":false/);
  expect(Object.keys(observed.failures)).toEqual(['ECONNREFUSED']);
  const halves = await database.query(
    `SELECT proposal_id FROM proposal_records
      WHERE proposal_id NOT IN (SELECT proposal_id FROM proposal_idempotency)
         OR proposal_id NOT IN (SELECT proposal_id FROM proposal_versions)`,
  );
  expect(halves).toEqual([]);
  expectNothingLost(row);
}

export const shutdown: readonly ShutdownCase[] = [
  { name: 'one of two instances stops behind HAProxy', run: behindLoadBalancer },
  { name: 'SIGTERM in the middle of transactions', run: inTransaction },
];
