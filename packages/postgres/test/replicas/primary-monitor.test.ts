import { describe, expect, it } from '@jest/globals';
import type { MonitorConnection } from '../../src/replicas/monitor-connection.js';
import { PrimaryMonitor } from '../../src/replicas/primary-monitor.js';

const IDENTITY = { cluster: '7', database: '5' };

/** A primary that gives these answers, one by one; null for none. */
function primaryThat(...answers: readonly (object | null)[]): PrimaryMonitor {
  const left = [...answers];
  const ask = () => {
    const answer = left.shift();
    return answer ? Promise.resolve(answer) : Promise.reject(new Error('no answer'));
  };
  return new PrimaryMonitor({ query: ask } as unknown as MonitorConnection);
}

const at = (position: string, clock: number, unflushed = false) => ({
  ...IDENTITY,
  position,
  clock,
  unflushed,
});

describe('the monitor of a primary', () => {
  it('knows what a standby at a position shows', async () => {
    const primary = primaryThat(at('0/100', 1000), at('0/200', 1250), at('0/200', 1500));
    for (let answers = 0; answers < 3; answers += 1) await primary.sample();
    expect(primary.caughtUp(0xffn)).toBeUndefined();
    expect(primary.caughtUp(0x100n)?.clock).toBe(1000);
    expect(primary.caughtUp(0x1ffn)?.clock).toBe(1000);
    // Nothing has happened since: what is idle does not lag.
    expect(primary.caughtUp(0x200n)?.clock).toBe(1500);
  });

  it('takes what was acknowledged before the question to be in the answer, and no more', async () => {
    const before = performance.now();
    const primary = primaryThat(at('0/100', 1000));
    const sampling = primary.sample();
    const asked = performance.now();
    await sampling;
    expect(primary.latest?.at).toBeGreaterThanOrEqual(before);
    expect(primary.latest?.at).toBeLessThanOrEqual(asked);
  });

  it('tells a time that the clock of the primary has not passed', async () => {
    const primary = primaryThat(at('0/100', 1000));
    expect(primary.clockAt(performance.now())).toBeUndefined();
    await primary.sample();
    const asked = primary.latest?.at ?? NaN;
    expect(primary.clockAt(asked + 250)).toBe(1250);
  });

  it('keeps what it knows when there is no answer, and lets it grow old', async () => {
    const primary = primaryThat(at('0/100', 1000), null);
    await primary.sample();
    const known = primary.latest;
    await primary.sample();
    expect(primary.latest).toBe(known);
    expect(primary.identity).toEqual(IDENTITY);
  });

  it('passes over the header of a page where commits are not flushed', async () => {
    const primary = primaryThat(at('0/4000028', 1000, true), at('0/5000028', 2000));
    await primary.sample();
    expect(primary.caughtUp(0x4000000n)?.clock).toBe(1000);
    await primary.sample();
    expect(primary.caughtUp(0x5000000n)?.clock).toBe(1000);
  });
});
