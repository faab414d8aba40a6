import { setTimeout as wait } from 'node:timers/promises';
import { jittered } from './jitter.js';

/** Another process was faster so many times in a row: the caller has to come back. */
const MAX_ATTEMPTS = 20;
/** Milliseconds, times the number of the attempt: the longest pause after it. Drawn by lot, it keeps two callers from meeting again. */
const PAUSE_MS = 5;

/**
 * Optimistic concurrency: reads, decides and writes anew while another process has written in between.
 * @param attempt gives undefined for a write that came too late
 * @param exhausted the error after the last attempt
 * @returns what the first write in time gives
 * @throws what an attempt throws, at once
 */
export async function retryOnConflict<T>(
  attempt: () => Promise<T | undefined>,
  exhausted: () => Error,
): Promise<T> {
  for (let number = 1; number <= MAX_ATTEMPTS; number += 1) {
    const written = await attempt();
    if (written !== undefined) return written;
    await wait(jittered(PAUSE_MS * number, 0, 1));
  }
  throw exhausted();
}
