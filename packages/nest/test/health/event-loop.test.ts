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

it('tells how long the event loop was held up, and forgets it after its time', async () => {
  lag = new EventLoopLag(1500);
  await wait(100);
  block(600);
  await wait(50);
  expect(lag.longest()).toBeGreaterThan(500);
  await wait(600);
  expect(lag.longest()).toBeGreaterThan(500);
  await wait(1200);
  expect(lag.longest()).toBeLessThan(500);
}, 15_000);

it('misses nothing, whenever it happens', async () => {
  lag = new EventLoopLag();
  for (let delay = 0; delay < 60; delay += 7) {
    await wait(delay);
    const before = lag.longest();
    block(before + 80);
    await wait(0);
    expect(lag.longest()).toBeGreaterThan(before + 20);
  }
}, 30_000);
