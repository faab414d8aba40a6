import { spawn } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Probe, type ProbeTarget, type Reading } from '../../src/health/probe.js';

const TIMEOUT_MS = 1000;
const EVERY_MS = 1000;
const WATCH_MS = 2500;
/** A heartbeat, the time-out, and the grace of a connection that is replaced. */
const DETECTION_MS = 150 + TIMEOUT_MS + 120;
const START = new Date('2026-11-21T12:00:00.000Z');
const down = () => Promise.reject(new Error('down'));
const lost = () => Promise.reject(new Error('lost'));
const never = () => new Promise<never>(() => undefined);
const nothing = () => Promise.resolve();

beforeEach(() => {
  jest.useFakeTimers({ now: START });
});
afterEach(() => {
  jest.useRealTimers();
});

const after = (milliseconds: number) => jest.advanceTimersByTimeAsync(milliseconds);

/** A dependency that behaves as told, and a probe that watches it. */
function dependency(
  told: Partial<Pick<ProbeTarget<string>, 'query' | 'connect' | 'heartbeat'>> = {},
) {
  const behaviour = {
    query: () => Promise.resolve('fine'),
    connect: nothing,
    heartbeat: nothing,
    ...told,
  };
  let isConnected = false;
  const question = {
    connect: jest.fn(async () => {
      if (!isConnected) await behaviour.connect();
      isConnected = true;
    }),
    query: jest.fn(() => behaviour.query()),
    heartbeat: jest.fn(() => behaviour.heartbeat()),
    abandon: jest.fn(() => {
      isConnected = false;
    }),
    codeOf: jest.fn((error: unknown) =>
      error === undefined ? 'POSTGRES_UNREACHABLE' : 'POSTGRES_AUTH_FAILED',
    ),
    isLost: (error: unknown) => error === undefined || (error as Error).message === 'lost',
  } satisfies ProbeTarget<string>;
  const probe = new Probe(question, {
    timeoutMs: TIMEOUT_MS,
    everyMs: EVERY_MS,
    watchMs: WATCH_MS,
  });
  /** Somebody reads every 10 ms. @returns when the answer was not `ok` any more, in milliseconds */
  const readsFor = async (milliseconds: number, ok?: boolean) => {
    for (let passed = 0; passed < milliseconds; passed += 10) {
      const reading = await probe.read();
      if (ok !== undefined && reading.ok !== ok) return passed;
      await after(10);
    }
    return milliseconds;
  };
  return { behaviour, question, ...question, probe, readsFor };
}

/** The state of a promise now, without waiting for it. */
async function settled<T>(promise: Promise<T>): Promise<T | 'pending'> {
  return Promise.race([promise, after(0).then(() => 'pending' as const)]);
}

function failingSince(reading: Reading<unknown>): string {
  if (reading.ok) throw new Error('the reading is good');
  return reading.failingSince;
}

describe('a dependency that is well', () => {
  it('is answered for with the time that its answer took', async () => {
    const { probe } = dependency({
      query: () => new Promise((resolve) => setTimeout(resolve, 120, 'fine')),
    });
    const reading = probe.read();
    await after(120);
    expect(await reading).toEqual({ ok: true, value: 'fine', latencyMs: 120 });
  });

  it('is asked once a second, and beats in between, however many read', async () => {
    const { readsFor, query, heartbeat } = dependency();
    expect(await readsFor(10_000, true)).toBe(10_000);
    expect(query.mock.calls.length).toBeGreaterThanOrEqual(9);
    expect(query.mock.calls.length).toBeLessThanOrEqual(11);
    expect(heartbeat.mock.calls.length).toBeGreaterThan(30);
  });

  it('is left alone soon after nobody reads any more', async () => {
    const { probe, query, heartbeat } = dependency();
    void probe.read();
    await after(WATCH_MS + EVERY_MS);
    const calls = [query.mock.calls.length, heartbeat.mock.calls.length];
    await after(60_000);
    expect([query.mock.calls.length, heartbeat.mock.calls.length]).toEqual(calls);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('is asked anew for the first who reads after a pause', async () => {
    const { probe, behaviour } = dependency();
    expect((await probe.read()).ok).toBe(true);
    await after(60_000);
    behaviour.query = down;
    expect((await probe.read()).ok).toBe(false);
  });

  it('is asked once for all who read meanwhile', async () => {
    let answer: (value: string) => void = () => undefined;
    const { probe, query } = dependency({
      query: () => new Promise((resolve) => (answer = resolve)),
    });
    const readings = Array.from({ length: 20 }, () => probe.read());
    await after(500);
    readings.push(probe.read());
    answer('fine');
    expect(new Set(await Promise.all(readings)).size).toBe(1);
    expect(query).toHaveBeenCalledTimes(1);
  });

  it('may be slow: an answer after 800 ms is no fault', async () => {
    const slow = () => new Promise<void>((resolve) => setTimeout(resolve, 800));
    const { readsFor, probe, abandon } = dependency({
      query: () => slow().then(() => 'fine'),
      heartbeat: slow,
    });
    const first = probe.read();
    await after(800);
    await first;
    expect(await readsFor(20_000, true)).toBe(20_000);
    expect(abandon).not.toHaveBeenCalled();
  });
});

describe('a dependency that fails', () => {
  it.each(['query', 'heartbeat'] as const)(
    'without a word is told in time; %s is given up',
    async (what) => {
      const { readsFor, behaviour, abandon, probe } = dependency();
      await readsFor(EVERY_MS + 450, true);
      behaviour.connect = never;
      behaviour[what] = never;
      behaviour.heartbeat = never;
      expect(await readsFor(5000, true)).toBeLessThanOrEqual(DETECTION_MS + 10);
      expect(await probe.read()).toMatchObject({ ok: false, code: 'POSTGRES_UNREACHABLE' });
      expect(abandon).toHaveBeenCalledTimes(1);
    },
  );

  it('at once is told at once, by the code of the error', async () => {
    const { readsFor, behaviour, probe } = dependency();
    await readsFor(300, true);
    behaviour.heartbeat = lost;
    behaviour.connect = down;
    expect(await readsFor(5000, true)).toBeLessThanOrEqual(160);
    expect(await probe.read()).toMatchObject({ ok: false, code: 'POSTGRES_AUTH_FAILED' });
  });

  it('is given up for all who wait, at the same time', async () => {
    const { probe, query } = dependency({ query: never });
    const readings = Array.from({ length: 20 }, () => probe.read());
    await after(TIMEOUT_MS - 1);
    expect(await settled(Promise.race(readings))).toBe('pending');
    await after(2);
    for (const { ok } of await Promise.all(readings)) expect(ok).toBe(false);
    expect(query).toHaveBeenCalledTimes(1);
  });

  it('is told even while connecting to it hangs', async () => {
    const { probe } = dependency({ connect: never });
    const reading = probe.read();
    await after(TIMEOUT_MS + 1);
    expect((await reading).ok).toBe(false);
  });

  it('is asked no more than once a second, and connected to about five times', async () => {
    const { readsFor, query } = dependency({ query: down });
    await readsFor(10_000);
    expect(query.mock.calls.length).toBeGreaterThanOrEqual(9);
    expect(query.mock.calls.length).toBeLessThanOrEqual(11);

    let attempts = 0;
    const refusing = dependency({ connect: () => ((attempts += 1), down()) });
    await refusing.readsFor(10_000);
    expect(attempts).toBeGreaterThan(30);
    expect(attempts).toBeLessThan(70);
  });

  it('tells since when there have been bad answers only', async () => {
    const { probe, readsFor, behaviour } = dependency({ query: down });
    const since = failingSince(await probe.read());
    expect(since).toBe(START.toISOString());
    await readsFor(5000);
    expect(failingSince(await probe.read())).toBe(since);
    behaviour.query = () => Promise.resolve('fine');
    expect(await readsFor(5000, false)).toBeLessThanOrEqual(EVERY_MS + 260);
    await after(30_000);
    behaviour.query = down;
    const again = new Date().toISOString();
    expect(failingSince(await probe.read())).toBe(again);
  });

  it('is well again with the first attempt that succeeds', async () => {
    const { readsFor, behaviour, probe } = dependency();
    await readsFor(300, true);
    behaviour.heartbeat = lost;
    behaviour.connect = down;
    await readsFor(3000);
    expect((await probe.read()).ok).toBe(false);
    behaviour.heartbeat = nothing;
    behaviour.connect = nothing;
    expect(await readsFor(3000, false)).toBeLessThanOrEqual(260);
  });
});

describe('a connection that is lost while the dependency is well', () => {
  it.each(['query', 'heartbeat'] as const)('during %s is replaced without a word', async (what) => {
    const { readsFor, behaviour, connect, abandon } = dependency();
    await readsFor(1500, true);
    let isLost = false;
    const loseOnce =
      <T>(fine: () => Promise<T>) =>
      () => {
        if (isLost) return fine();
        isLost = true;
        return lost();
      };
    if (what === 'query') behaviour.query = loseOnce(behaviour.query);
    else behaviour.heartbeat = loseOnce(behaviour.heartbeat);
    expect(await readsFor(3000, true)).toBe(3000);
    expect(abandon).toHaveBeenCalledTimes(1);
    expect(connect).toHaveBeenCalled();
  });

  it('counts as an outage when the question hangs on every connection', async () => {
    const { readsFor, behaviour } = dependency();
    await readsFor(1500, true);
    behaviour.query = never;
    expect(await readsFor(5000, true)).toBeLessThanOrEqual(EVERY_MS + TIMEOUT_MS + 130);
  });
});

describe('an answer', () => {
  it('that comes too late changes nothing any more', async () => {
    let answer: (value: string) => void = () => undefined;
    const { probe, behaviour } = dependency({
      query: () => new Promise((resolve) => (answer = resolve)),
    });
    const reading = probe.read();
    await after(TIMEOUT_MS + 1);
    expect((await reading).ok).toBe(false);
    behaviour.query = down;
    answer('late');
    await after(100);
    expect((await probe.read()).ok).toBe(false);
  });

  it('that fails too late is no unhandled rejection', async () => {
    let fail: (error: Error) => void = () => undefined;
    const { probe } = dependency({ query: () => new Promise((_, reject) => (fail = reject)) });
    const unhandled = jest.fn();
    process.on('unhandledRejection', unhandled);
    const reading = probe.read();
    await after(TIMEOUT_MS + 1);
    await reading;
    fail(new Error('late'));
    jest.useRealTimers();
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('that has arrived while the event loop was blocked is not late', async () => {
    jest.useRealTimers();
    const echo = spawn('cat', { stdio: ['pipe', 'pipe', 'inherit'] });
    const answerOf = () =>
      new Promise<string>((resolve) => {
        echo.stdout.once('data', (text: Buffer) => {
          resolve(text.toString());
        });
        echo.stdin.write('fine');
      });
    await answerOf();
    const { question } = dependency({ query: answerOf });
    const probe = new Probe(question, { timeoutMs: 100, everyMs: EVERY_MS, watchMs: 0 });
    const reading = probe.read();
    await new Promise((resolve) => setImmediate(resolve));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);
    expect(await reading).toMatchObject({ ok: true, value: 'fine' });
    expect(question.abandon).not.toHaveBeenCalled();
    probe.close();
    echo.kill();
  });
});

describe('a probe that is closed', () => {
  it('frees the connection, answers who waits, and leaves no timer behind', async () => {
    const { probe, abandon, query } = dependency({ query: never });
    const reading = probe.read();
    await after(10);
    probe.close();
    expect((await reading).ok).toBe(false);
    expect(abandon).toHaveBeenCalled();
    expect((await probe.read()).ok).toBe(false);
    await after(TIMEOUT_MS * 3);
    expect(jest.getTimerCount()).toBe(0);
    expect(query).toHaveBeenCalledTimes(1);
  });
});
