import { afterEach, describe, expect, it } from '@jest/globals';
import { jsonLines } from '../support/program.js';
import { type Service, startService } from '../support/service.js';

const IN_MEMORY = {
  PROPOSAL_STORE_BACKEND: 'IN_MEMORY',
  DPM_SUPPORTABILITY_STORE_BACKEND: 'IN_MEMORY',
};
/** The statuses that these are answered with. */
const REQUESTS = { '/rebalance/runs': 200, '/rebalance/runs/none': 404, '/nowhere': 404 };

let service: Service;
afterEach(() => service.stop('SIGKILL'));

describe('the log', () => {
  it.each([
    ['all', [200, 404, 404]],
    ['failed', [404, 404]],
    ['none', []],
  ])('under LOG_REQUESTS=%s has a line for the requests %j', async (LOG_REQUESTS, statuses) => {
    service = await startService({ ...IN_MEMORY, LOG_REQUESTS });
    for (const [path, status] of Object.entries(REQUESTS)) {
      expect((await fetch(service.url + path)).status).toBe(status);
    }
    // By then all is on the pipe that the log is read from.
    expect(await service.stop('SIGTERM')).toMatchObject({ code: 0 });
    const lines = jsonLines(service.output());
    const completed = lines.filter(({ event }) => event === 'request.completed');
    expect(completed.map(({ status }) => status)).toEqual(statuses);
    for (const { duration_ms: ms } of completed) expect(String(ms)).toMatch(/^\d+(\.\d)?$/);
  });

  it('says of a request that was refused by which code', async () => {
    service = await startService(IN_MEMORY);
    for (const path of Object.keys(REQUESTS)) await fetch(service.url + path);
    expect(await service.stop('SIGTERM')).toMatchObject({ code: 0 });
    const completed = jsonLines(service.output()).filter(
      ({ event }) => event === 'request.completed',
    );
    expect(completed.map(({ code }) => code)).toEqual([
      undefined,
      'RUN_NOT_FOUND',
      'ROUTE_NOT_FOUND',
    ]);
  });

  it('says nothing of an environment that nothing names', async () => {
    service = await startService(IN_MEMORY);
    const started = jsonLines(service.output()).find(({ event }) => event === 'started');
    expect(started).toMatchObject({ profile: 'LOCAL' });
    expect(started).not.toHaveProperty('environment');
    await service.stop('SIGKILL');
    service = await startService({ ...IN_MEMORY, APP_ENV: 'dev' });
    const named = jsonLines(service.output()).find(({ event }) => event === 'started');
    expect(named).toMatchObject({ environment: 'dev' });
  });
});
