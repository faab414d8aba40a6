import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Settings } from '../../../src/config/settings.js';
import type { Log } from '../../../src/logging/log.js';
import { PurgeJob } from '../../../src/stores/dpm/retention/purge.job.js';
import { BATCH, type Lease, SOLE_LEASE } from '../../../src/stores/retention.js';

const NOBODYS: Lease = { hold: () => Promise.resolve(false), release: () => Promise.resolve() };

let lines: [string, object][];
let told: () => void;
beforeEach(() => {
  lines = [];
  told = () => undefined;
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'Date', 'nextTick', 'queueMicrotask'] });
});
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

const log = Object.fromEntries(
  ['debug', 'info', 'error'].map((level) => [
    level,
    (line: object) => {
      lines.push([level, line]);
      told();
    },
  ]),
) as unknown as Log;

/** Purges every 100 s, somewhat earlier or later. */
const jobThat = (purge: () => Promise<number>, lease = SOLE_LEASE, purgeIntervalSeconds = 100) => {
  const records = { purge: jest.fn(purge), countExpired: () => Promise.resolve(0) };
  const rules = [
    { name: 'runs', variable: 'VARIABLE', before: '2026-11-21T12:00:00.000Z', records },
  ];
  const settings = { dpm: { purgeIntervalSeconds } } as Settings;
  return { job: new PurgeJob(settings, () => ({ rules, lease }), log), records };
};

/** Lets that much time pass, and a purge end that begins then. */
const afterPurgeAt = async (milliseconds: number) => {
  const line = new Promise<void>((resolve) => (told = resolve));
  jest.advanceTimersByTime(milliseconds);
  await line;
  await new Promise(setImmediate);
};

describe('the purge job', () => {
  it('never begins without an interval', () => {
    jobThat(() => Promise.resolve(0), SOLE_LEASE, 0).job.onApplicationBootstrap();
    expect(jest.getTimerCount()).toBe(0);
  });

  it.each([
    [0, 75_000],
    [0.5, 100_000],
    [1, 125_000],
  ])('begins up to a quarter earlier or later, by chance (%s: %s ms)', async (chance, pause) => {
    jest.spyOn(Math, 'random').mockReturnValue(chance);
    const { job, records } = jobThat(() => Promise.resolve(3));
    job.onApplicationBootstrap();
    jest.advanceTimersByTime(pause - 1);
    await new Promise(setImmediate);
    expect(records.purge).not.toHaveBeenCalled();
    await afterPurgeAt(1);
    expect(records.purge).toHaveBeenCalledTimes(1);
    expect(lines).toEqual([['info', { event: 'purge.done', store: 'dpm', runs: 3 }]]);
    await job.onModuleDestroy();
  });

  it('begins again one interval after it has ended', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0);
    const { job, records } = jobThat(() => Promise.resolve(0));
    job.onApplicationBootstrap();
    for (const times of [1, 2, 3]) {
      await afterPurgeAt(75_000);
      expect(records.purge).toHaveBeenCalledTimes(times);
    }
    await job.onModuleDestroy();
  });

  it.each([
    ['debug', 'purge.skipped', 'PURGE_UNDER_WAY', NOBODYS],
    ['error', 'purge.failed', 'DATABASE_UNAVAILABLE', SOLE_LEASE],
  ])('tells at level %s when it is %s, and begins again', async (level, event, code, lease) => {
    const failure = new Error('the database is gone');
    const { job } = jobThat(() => Promise.reject(failure), lease);
    job.onApplicationBootstrap();
    await afterPurgeAt(125_000);
    const line = { event, store: 'dpm', code, ...(level === 'error' && { err: failure }) };
    expect(lines).toEqual([[level, line]]);
    expect(jest.getTimerCount()).toBe(1);
    await job.onModuleDestroy();
  });

  it('tells of a lease that it has lost by its own code', async () => {
    const hold = jest.fn<Lease['hold']>().mockResolvedValueOnce(true).mockResolvedValue(false);
    const { job } = jobThat(() => Promise.resolve(0), { ...SOLE_LEASE, hold });
    job.onApplicationBootstrap();
    await afterPurgeAt(125_000);
    expect(lines).toMatchObject([['error', { event: 'purge.failed', code: 'PURGE_LEASE_LOST' }]]);
    await job.onModuleDestroy();
  });

  it('does not begin any more once it is stopped', async () => {
    const { job } = jobThat(() => Promise.resolve(0));
    job.onApplicationBootstrap();
    await job.onModuleDestroy();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('is stopped when the batch under way has ended, and begins no other', async () => {
    let finish: (purged: number) => void = () => undefined;
    const begun = new Promise<void>((resolve) => (told = resolve));
    const { job, records } = jobThat(() => {
      told();
      return new Promise((resolve) => (finish = resolve));
    });
    job.onApplicationBootstrap();
    jest.advanceTimersByTime(125_000);
    await begun;
    let stopped = false;
    const stopping = job.onModuleDestroy().then(() => (stopped = true));
    await new Promise(setImmediate);
    expect(stopped).toBe(false);
    finish(BATCH);
    await stopping;
    expect(records.purge).toHaveBeenCalledTimes(1);
    expect(lines).toEqual([['info', { event: 'purge.done', store: 'dpm', runs: BATCH }]]);
    expect(jest.getTimerCount()).toBe(0);
  });
});
