import { expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { connected, migratedDatabase } from '../support/migrations.js';
import { jsonLines } from '../support/program.js';
import { type Service, startService } from '../support/service.js';

const { later } = cleanup();

/** A service, and a session that can keep its statements waiting. */
async function start(variables: Readonly<Record<string, string>>) {
  const { database, environment } = await migratedDatabase(later);
  const service = await startService({
    ...environment,
    HOST: '127.0.0.1',
    MIGRATE_ON_START: 'true',
    ...variables,
  });
  later(() => service.stop('SIGKILL'));
  const holder = await connected(later, database.url);
  return { service, holder };
}

const logged = (service: Service, event: string) =>
  jsonLines(service.output()).filter((line) => line.event === event);

async function poolOf({ url }: Service): Promise<Readonly<Record<string, number>>> {
  const { pools } = (await (await fetch(`${url}/health/pool`)).json()) as {
    pools: Readonly<Record<string, number>>[];
  };
  return pools[0] ?? {};
}

it('a connection that is held for longer than DB_LEAK_DETECTION_MS is told, and comes back', async () => {
  const { service, holder } = await start({ DB_LEAK_DETECTION_MS: '300' });
  await holder.query('BEGIN; LOCK TABLE proposal_records IN ACCESS EXCLUSIVE MODE');
  const listing = fetch(`${service.url}/rebalance/proposals`);
  await eventually(() => {
    expect(logged(service, 'pool.leak')).toMatchObject([
      { level: 'warn', code: 'POOL_LEAK', database: 'primary' },
    ]);
  });
  const [told] = logged(service, 'pool.leak');
  expect(told?.held_ms).toBeGreaterThanOrEqual(300);
  expect(await poolOf(service)).toMatchObject({ leaks_total: 1, checked_out: 1 });

  await holder.query('ROLLBACK');
  expect((await listing).status).toBe(200);
  expect(await poolOf(service)).toMatchObject({ leaks_total: 1, checked_out: 0 });
});

it('a request that waits for a connection when the process ends is told in the log that it does', async () => {
  const { service, holder } = await start({
    DB_POOL_SIZE: '1',
    DB_MAX_OVERFLOW: '0',
    DB_LOCK_TIMEOUT_MS: '60000',
    SHUTDOWN_TIMEOUT_MS: '1500',
  });
  await holder.query('BEGIN; LOCK TABLE proposal_records IN ACCESS EXCLUSIVE MODE');
  const ask = async (id: string, waiting: number) => {
    const asked = fetch(`${service.url}/rebalance/proposals`, {
      headers: { 'x-correlation-id': id },
    });
    const failed = expect(asked).rejects.toThrow('fetch failed');
    await eventually(async () => {
      expect(await poolOf(service)).toMatchObject({ checked_out: 1, waiting });
    });
    return { failed };
  };
  const [first, second] = [await ask('has-it', 0), await ask('waits', 1)];
  const ended = await service.stop();
  expect(ended.code).toBe(0);
  await Promise.all([first.failed, second.failed]);
  const refused = jsonLines(ended.stdout).filter(({ code }) => code === 'SHUTTING_DOWN');
  expect(refused).toMatchObject([{ event: 'request.failed', correlation_id: 'waits' }]);
  expect(jsonLines(ended.stdout).at(-1)).toMatchObject({ event: 'stopped', abandoned: 2 });
});
