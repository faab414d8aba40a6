import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { createDatabase } from '@holdfast/testing/temporary-database';
import { startService } from '../support/service.js';
import { startProxy, through } from '@holdfast/testing/tcp-proxy';

const { later, temporaryFolder } = cleanup();

it('lines that were dropped do not keep the places in the pool until the bound of a statement', async () => {
  const database = await createDatabase();
  later(() => database.drop());
  const proxy = await startProxy({ port: Number(new URL(database.url).port) });
  later(() => proxy.close());
  const service = await startService(
    {
      APP_PERSISTENCE_PROFILE: 'PRODUCTION',
      HOST: '127.0.0.1',
      DATABASE_URL: through(proxy, database.url),
      MIGRATE_ON_START: 'true',
      DB_POOL_SIZE: '1',
      DB_POOL_PRE_PING: 'false',
      DB_MAX_OVERFLOW: '0',
      // Longer than this test may take.
      DB_STATEMENT_TIMEOUT_MS: '600000',
    },
    temporaryFolder(),
  );
  later(() => service.stop('SIGKILL'));
  const ready = async () => (await fetch(`${service.url}/health/ready`)).status;
  const list = async () => (await fetch(`${service.url}/rebalance/proposals`)).status;
  expect([await ready(), await list()]).toEqual([200, 200]);

  proxy.drop();
  const lost = list();
  await eventually(async () => {
    expect(await ready()).toBe(503);
  });
  await wait(500);
  proxy.mend();
  await eventually(async () => {
    expect(await ready()).toBe(200);
  });
  expect(await list()).toBe(200);
  expect(await lost).toBe(503);
});
