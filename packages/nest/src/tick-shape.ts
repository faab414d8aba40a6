import { executionAsyncResource } from 'node:async_hooks';

const held: object[] = [];

/**
 * Holds one of the objects that `process.nextTick` makes, as long as the process lives. When a full collection finds
 * none, V8 lets go of their shape, and whatever had learned it makes them by its slowest way from then on: five times
 * as long for each tick, of which a request has several, in a service that has once been idle.
 */
export function holdTickShape(): void {
  process.nextTick(() => {
    held.push(executionAsyncResource());
  });
}
