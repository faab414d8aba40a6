import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { pino } from 'pino';
import type { Settings } from '@holdfast/guard/settings';
import { describeError } from '@holdfast/core/log';
import type { Sample } from '@holdfast/core/metric';
import { ReasonError } from '@holdfast/core/reasons';
import type { Purgeable } from '../../../src/stores/purgeable.js';
import { TaskMetrics } from '@holdfast/nest/metrics/task-metrics';
import { SOLE_LEASE } from '@holdfast/core/lease';
import { PURGE_BATCH, type Retention } from '../../../src/stores/retention.js';
import { PurgeJob } from '../../../src/stores/dpm/purge/purge.job.js';
import { cleanup } from '../../support/cleanup.js';
import { eventually } from '../../support/eventually.js';
import { jsonLines } from '../../support/program.js';

const { later } = cleanup();
/** So often that a test need not wait. */
const SECONDS = 0.001;

function job(seconds: number, retention: () => Retention) {
  let written = '';
  const log = pino(
    {
      level: 'debug',
      formatters: { level: (level) => ({ level }) },
      serializers: { err: describeError },
    },
    {
      write: (line: string) => {
        written += line;
      },
    },
  );
  const variables = {
    DPM_SUPPORTABILITY_RETENTION_DAYS: 0,
    DPM_ASYNC_OPERATIONS_TTL_SECONDS: 0,
    DPM_PURGE_INTERVAL_SECONDS: seconds,
  };
  const settings = { variables } as Partial<Settings> as Settings;
  const tasks = new TaskMetrics();
  const made = new PurgeJob(settings, retention, log, tasks);
  later(() => made.onModuleDestroy());
  return { made, lines: () => jsonLines(written), runs: () => runsOf(tasks) };
}

/** How often the task had each outcome; none where it was never scheduled. */
async function runsOf(tasks: TaskMetrics): Promise<Readonly<Record<string, number>>> {
  const [runs] = tasks.metrics();
  const samples = (await runs?.read()) as readonly Sample<number>[];
  return Object.fromEntries(
    samples.map(({ labels, value }) => [labels.outcome ?? '', value] as const),
  );
}

/** One rule whose batches are answered one after another; none left afterwards. */
function answering(...batches: readonly (number | Error)[]): () => Retention {
  const left = [...batches];
  const records: Purgeable = {
    countExpired: () => Promise.resolve(0),
    purge: () => {
      const next = left.shift() ?? 0;
      return typeof next === 'number' ? Promise.resolve(next) : Promise.reject(next);
    },
  };
  const rule = { name: 'runs', variable: 'V', before: '2026-01-01T00:00:00.000Z', records };
  return () => ({ rules: [rule], lease: SOLE_LEASE });
}

describe('the purge job', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('purges again and again, and logs how much', async () => {
    const { made, lines, runs } = job(SECONDS, answering(PURGE_BATCH, 3, 2));
    made.onApplicationBootstrap();
    await eventually(() => {
      expect(lines().length).toBeGreaterThan(2);
    });
    expect(lines().slice(0, 3)).toMatchObject(
      [PURGE_BATCH + 3, 2, 0].map((runs) => ({
        level: 'info',
        event: 'purge.done',
        store: 'dpm',
        runs,
      })),
    );
    expect(await runs()).toMatchObject({ skipped: 0, failed: 0 });
    expect((await runs()).done).toBeGreaterThan(2);
  });

  it('logs a failure with its code and goes on', async () => {
    const failures = [
      new ReasonError('PURGE_LEASE_LOST'),
      Object.assign(new Error('gone'), { code: '57P01' }),
      new TypeError('wrong'),
    ];
    const { made, lines, runs } = job(SECONDS, answering(...failures, 1));
    made.onApplicationBootstrap();
    await eventually(() => {
      expect(lines().length).toBeGreaterThan(3);
    });
    expect(lines().slice(0, 4)).toMatchObject([
      ...['PURGE_LEASE_LOST', 'POSTGRES_CONNECTION_ENDED', 'INTERNAL_ERROR'].map((code) => ({
        level: 'error',
        event: 'purge.failed',
        store: 'dpm',
        code,
        err: { type: expect.any(String) },
      })),
      { level: 'info', event: 'purge.done', runs: 1 },
    ]);
    expect(await runs()).toMatchObject({ skipped: 0, failed: failures.length });
  });

  it('goes on when the retention itself cannot be told', async () => {
    const purging = answering(4);
    let asked = 0;
    const { made, lines } = job(SECONDS, () => {
      asked += 1;
      if (asked === 1) throw new Error('not now');
      return purging();
    });
    made.onApplicationBootstrap();
    await eventually(() => {
      expect(lines().length).toBeGreaterThan(1);
    });
    expect(lines()).toMatchObject([
      { event: 'purge.failed' },
      { event: 'purge.done', runs: 4 },
      ...lines().slice(2),
    ]);
  });

  it('lets its turn pass when another process purges', async () => {
    const { rules } = answering(1)();
    const lease = { hold: () => Promise.resolve(false), release: () => Promise.resolve() };
    const { made, lines } = job(SECONDS, () => ({ rules, lease }));
    made.onApplicationBootstrap();
    await eventually(() => {
      expect(lines().length).toBeGreaterThan(1);
    });
    for (const line of lines()) {
      expect(line).toMatchObject({
        level: 'debug',
        event: 'purge.skipped',
        code: 'PURGE_UNDER_WAY',
      });
    }
  });

  it('ends with the batch that is under way, and begins no other', async () => {
    let [begun, ended] = [0, 0];
    let finish: (deleted: number) => void = () => undefined;
    const records: Purgeable = {
      countExpired: () => Promise.resolve(0),
      purge: async () => {
        begun += 1;
        const deleted = await new Promise<number>((resolve) => (finish = resolve));
        ended += 1;
        return deleted;
      },
    };
    const rule = { name: 'runs', variable: 'V', before: '2026-01-01T00:00:00.000Z', records };
    const { made, lines } = job(SECONDS, () => ({ rules: [rule], lease: SOLE_LEASE }));
    made.onApplicationBootstrap();
    await eventually(() => {
      expect(begun).toBe(1);
    });
    const stopped = made.onModuleDestroy().then(() => ended);
    finish(PURGE_BATCH);
    expect(await stopped).toBe(1);
    expect(begun).toBe(1);
    expect(lines()).toMatchObject([{ event: 'purge.done', runs: PURGE_BATCH }]);
  });

  it('is off at 0', () => {
    const timers = jest.spyOn(globalThis, 'setTimeout');
    job(0, answering(1)).made.onApplicationBootstrap();
    expect(timers).not.toHaveBeenCalled();
  });

  it.each([
    [1, 750, 1250],
    [1_000_000, 750_000_000, 1_250_000_000],
    // Node takes a longer pause for one of a millisecond.
    [2_592_000, 1_944_000_000, 2_147_483_647],
  ])('at %p seconds pauses between %p and %p milliseconds', (seconds, least, most) => {
    const timers = jest.spyOn(globalThis, 'setTimeout');
    for (const random of [0, 0.5, 0.999999]) {
      jest.spyOn(Math, 'random').mockReturnValue(random);
      job(seconds, answering()).made.onApplicationBootstrap();
    }
    const pauses = timers.mock.calls.map(([, pause]) => pause ?? 0);
    expect(pauses).toHaveLength(3);
    expect(pauses[0]).toBe(least);
    for (const pause of pauses) expect(pause).toBeLessThanOrEqual(most);
  });
});
