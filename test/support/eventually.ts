import { setTimeout as wait } from 'node:timers/promises';

const PAUSE_MS = 50;

/** Tries until it does not throw; past the bound, which is for what never comes, throws what it threw last. */
export async function eventually<T>(attempt: () => T | Promise<T>, withinMs = 60_000): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() >= deadline) throw error;
    }
    await wait(PAUSE_MS);
  }
}
