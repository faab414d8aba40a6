import { AsyncLocalStorage } from 'node:async_hooks';
import type { Replica } from './replica.js';

/** Somebody who is answered from what may be a little old, but not older than what he wrote. */
export interface Reader {
  /** `performance.now()` at which his last write through this process had been committed. */
  readonly writtenAt: number;
  /** The primary's clock, in milliseconds, at which a write that he tells of had been committed. */
  readonly writtenAtClock: number;
  /** Where his first read went: the next ones go there too, or would see an earlier state. */
  source?: Replica | 'primary';
}

/**
 * Who is being served. Work without a reader (all that writes, jobs, commands) reads from the
 * primary, whatever its statements would allow.
 */
export const currentReader = new AsyncLocalStorage<Reader>();
