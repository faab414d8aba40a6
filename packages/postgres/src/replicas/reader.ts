import { AsyncLocalStorage } from 'node:async_hooks';
import type { Replica } from './replica.js';

/** A client that is answered from what may be a little old, but not older than what it wrote. */
export interface Reader {
  /** `performance.now()` at which its last write through this process had been committed. */
  readonly writtenAt: number;
  /** The primary's clock, in milliseconds, at which a write that it names had been committed. */
  readonly writtenAtClock: number;
  /** Where its first read went: the next ones go there too, or would see an earlier state. */
  source?: Replica | 'primary';
}

/**
 * The client that is being served. Work without a reader (all that writes, jobs, commands) reads from the
 * primary, whatever its statements would allow.
 */
export const currentReader = new AsyncLocalStorage<Reader>();
