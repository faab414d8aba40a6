import { setTimeout as after } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { DeadlineExceeded, endsWithin, withDeadline } from '../src/deadline.js';

const never = new Promise<never>(() => undefined);
const block = (milliseconds: number) => {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
};

describe('withDeadline', () => {
  it('gives the answer, and what the answer rejects with', async () => {
    expect(await withDeadline(10_000, Promise.resolve(1))).toBe(1);
    const refused = new Error('refused');
    await expect(withDeadline(10_000, Promise.reject(refused))).rejects.toBe(refused);
  });

  it('rejects when the time is up, with the error that is asked for', async () => {
    await expect(withDeadline(1, never)).rejects.toBeInstanceOf(DeadlineExceeded);
    const late = new Error('late');
    await expect(withDeadline(1, never, { late: () => late })).rejects.toBe(late);
  });

  it('takes an answer that arrived while the event loop was blocked', async () => {
    const answer = new Promise((resolve) => {
      setTimeout(() => {
        block(50);
        setImmediate(resolve, 'in time');
      }, 20);
    });
    let calls = 0;
    const late = () => new Error(`late ${(calls += 1)}`);
    expect(await withDeadline(20, answer, { late })).toBe('in time');
    await after(5);
    expect(calls).toBe(0);
  });
});

describe('endsWithin', () => {
  it('says whether the work has ended', async () => {
    expect(await endsWithin(10_000, Promise.resolve())).toBe(true);
    // The timer alone would not keep this process alive.
    const [hasEnded] = await Promise.all([endsWithin(1, never), after(50)]);
    expect(hasEnded).toBe(false);
  });

  it('rejects as the work does, another deadline of its own included', async () => {
    const own = new DeadlineExceeded();
    await expect(endsWithin(10_000, Promise.reject(own))).rejects.toBe(own);
  });
});
