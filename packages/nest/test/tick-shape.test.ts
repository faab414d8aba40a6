import { createHook } from 'node:async_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { holdTickShape } from '../src/tick-shape.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function useTick(): void {
  process.nextTick(() => undefined);
}

/** The ticks that are made meanwhile and are still there after full collections. */
async function ticksLeft(work: () => void): Promise<number> {
  const ticks: WeakRef<object>[] = [];
  const hook = createHook({
    init: (_id, type, _trigger, resource: object) => {
      if (type === 'TickObject') ticks.push(new WeakRef(resource));
    },
  });
  hook.enable();
  work();
  hook.disable();
  expect(ticks.length).toBeGreaterThan(0);
  for (let round = 0; round < 3; round += 1) {
    await turn();
    collect();
  }
  return ticks.filter((tick) => tick.deref() !== undefined).length;
}

test('one tick outlives every collection, and others do not', async () => {
  expect(await ticksLeft(useTick)).toBe(0);
  expect(await ticksLeft(holdTickShape)).toBe(1);
});
