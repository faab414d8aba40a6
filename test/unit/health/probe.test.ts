import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Probe, type Question, type Reading } from '../../../src/health/probe.js';

const TIMEOUT_MS = 1000;
const START = new Date('2026-11-21T12:00:00.000Z');
const down = () => Promise.reject(new Error('down'));
const never = () => new Promise<never>(() => undefined);

beforeEach(() => {
  jest.useFakeTimers({ now: START });
});
afterEach(() => {
  jest.useRealTimers();
});

/** A dependency that answers as told, and a probe that asks it. */
function dependency(answer: () => Promise<string> = () => Promise.resolve('fine')) {
  const told = { answer };
  const question = {
    ask: jest.fn(() => told.answer()),
    abandon: jest.fn(),
    codeOf: jest.fn((error: unknown) =>
      error === undefined ? 'POSTGRES_UNREACHABLE' : 'POSTGRES_AUTH_FAILED',
    ),
  } satisfies Question<string>;
  return { told, ...question, probe: new Probe(question, TIMEOUT_MS) };
}

/** The state of a promise now, without waiting for it. */
async function settled<T>(promise: Promise<T>): Promise<T | 'pending'> {
  return Promise.race([promise, jest.advanceTimersByTimeAsync(0).then(() => 'pending' as const)]);
}

function failingSince(reading: Reading<unknown>): string {
  if (reading.ok) throw new Error('the reading is good');
  return reading.failingSince;
}

describe('a good answer', () => {
  it('is passed on with the time that it took', async () => {
    const { probe } = dependency(
      () =>
        new Promise((resolve) => {
          setTimeout(resolve, 120, 'fine');
        }),
    );
    const reading = probe.read();
    await jest.advanceTimersByTimeAsync(120);
    expect(await reading).toEqual({ ok: true, value: 'fine', latencyMs: 120 });
  });

  it('is shared for a second, and no longer', async () => {
    const { probe, ask } = dependency();
    const first = await probe.read();
    await jest.advanceTimersByTimeAsync(999);
    expect(await probe.read()).toBe(first);
    expect(ask).toHaveBeenCalledTimes(1);
    await jest.advanceTimersByTimeAsync(1);
    expect(await probe.read()).not.toBe(first);
    expect(ask).toHaveBeenCalledTimes(2);
  });

  it('does not hide an outage for longer than that', async () => {
    const { probe, told } = dependency();
    await probe.read();
    told.answer = down;
    expect((await probe.read()).ok).toBe(true);
    await jest.advanceTimersByTimeAsync(1000);
    expect((await probe.read()).ok).toBe(false);
  });
});

describe('the question', () => {
  it('is asked once for all who read meanwhile', async () => {
    let answer: (value: string) => void = () => undefined;
    const { probe, ask } = dependency(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    const readings = Array.from({ length: 20 }, () => probe.read());
    await jest.advanceTimersByTimeAsync(500);
    readings.push(probe.read());
    answer('fine');
    const values = await Promise.all(readings);
    expect(ask).toHaveBeenCalledTimes(1);
    expect(new Set(values).size).toBe(1);
  });

  it('is asked again at once after a bad answer', async () => {
    const { probe, ask, told } = dependency(down);
    expect((await probe.read()).ok).toBe(false);
    told.answer = () => Promise.resolve('fine again');
    expect(await probe.read()).toMatchObject({ ok: true, value: 'fine again' });
    expect(ask).toHaveBeenCalledTimes(2);
  });

  it('is given up after its time, and whatever it holds is freed', async () => {
    const { probe, abandon, codeOf } = dependency(never);
    const reading = probe.read();
    await jest.advanceTimersByTimeAsync(TIMEOUT_MS - 1);
    expect(await settled(reading)).toBe('pending');
    expect(abandon).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1);
    expect(await reading).toMatchObject({ ok: false, code: 'POSTGRES_UNREACHABLE' });
    expect(abandon).toHaveBeenCalledTimes(1);
    expect(codeOf).toHaveBeenCalledWith(undefined);
  });

  it('that is never answered is given up for all twenty who wait, at the same time', async () => {
    const { probe, ask, abandon } = dependency(never);
    const readings = Array.from({ length: 20 }, () => probe.read());
    await jest.advanceTimersByTimeAsync(TIMEOUT_MS);
    for (const { ok } of await Promise.all(readings)) expect(ok).toBe(false);
    expect(ask).toHaveBeenCalledTimes(1);
    expect(abandon).toHaveBeenCalledTimes(1);
  });

  it.each(['in time', 'too late'])('that is answered %s leaves no timer behind', async (when) => {
    const { probe } = dependency(when === 'in time' ? undefined : never);
    const reading = probe.read();
    if (when === 'too late') await jest.advanceTimersByTimeAsync(TIMEOUT_MS);
    await reading;
    expect(jest.getTimerCount()).toBe(0);
  });

  it('that is answered too late changes nothing any more', async () => {
    let answer: (value: string) => void = () => undefined;
    const { probe, told } = dependency(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    const reading = probe.read();
    await jest.advanceTimersByTimeAsync(TIMEOUT_MS);
    expect((await reading).ok).toBe(false);
    answer('late');
    told.answer = down;
    expect((await probe.read()).ok).toBe(false);
  });

  it('that fails too late is no unhandled rejection', async () => {
    let fail: (error: Error) => void = () => undefined;
    const { probe } = dependency(
      () =>
        new Promise((_, reject) => {
          fail = reject;
        }),
    );
    const unhandled = jest.fn();
    process.on('unhandledRejection', unhandled);
    const reading = probe.read();
    await jest.advanceTimersByTimeAsync(TIMEOUT_MS);
    await reading;
    fail(new Error('late'));
    jest.useRealTimers();
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });
});

describe('a bad answer', () => {
  it('has the code that the question gives it, and frees nothing itself', async () => {
    const error = new Error('password authentication failed');
    const { probe, abandon, codeOf } = dependency(() => Promise.reject(error));
    expect(await probe.read()).toEqual({
      ok: false,
      code: 'POSTGRES_AUTH_FAILED',
      failingSince: START.toISOString(),
    });
    expect(codeOf).toHaveBeenCalledWith(error);
    expect(abandon).not.toHaveBeenCalled();
  });

  it('is an answer also when the question throws at once', async () => {
    const { probe } = dependency(() => {
      throw new Error('thrown');
    });
    expect((await probe.read()).ok).toBe(false);
    expect((await probe.read()).ok).toBe(false);
  });

  it('tells since when there have been bad answers only', async () => {
    const { probe, told } = dependency(down);
    const since = failingSince(await probe.read());
    expect(since).toBe(START.toISOString());
    await jest.advanceTimersByTimeAsync(60_000);
    told.answer = never;
    const reading = probe.read();
    await jest.advanceTimersByTimeAsync(TIMEOUT_MS);
    expect(failingSince(await reading)).toBe(since);

    told.answer = () => Promise.resolve('fine');
    expect((await probe.read()).ok).toBe(true);
    await jest.advanceTimersByTimeAsync(30_000);
    told.answer = down;
    const again = new Date().toISOString();
    expect(failingSince(await probe.read())).toBe(again);
    expect(again > since).toBe(true);
  });
});
