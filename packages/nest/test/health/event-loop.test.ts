import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, expect, it } from '@jest/globals';
import { EventLoopLag } from '../../src/health/event-loop.js';

let lag: EventLoopLag;
const block = (milliseconds: number) => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
};
afterEach(() => {
  lag.close();
});

it('tells how long the event loop was held up, and forgets it after some seconds', async () => {
  lag = new EventLoopLag();
  await wait(100);
  block(1500);
  await wait(50);
  expect(lag.longest()).toBeGreaterThan(1300);
  await wait(2000);
  expect(lag.longest()).toBeGreaterThan(1300);
  await wait(4500);
  expect(lag.longest()).toBeLessThan(1300);
}, 15_000);

it('misses nothing, whenever it happens', async () => {
  lag = new EventLoopLag();
  for (let delay = 0; delay < 60; delay += 7) {
    await wait(delay);
    const before = lag.longest();
    block(before + 120);
    await wait(0);
    expect(lag.longest()).toBeGreaterThan(before + 60);
  }
}, 30_000);
