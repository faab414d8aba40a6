import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';
import { pipelined } from './pipeline.js';
import { isDisconnected } from '@holdfast/postgres/faults/faults';
import { ReasonError } from '../reasons.js';
import { jittered } from '@holdfast/core/jitter';

/** How long the switch waits for locks. Others wait behind each attempt, so that it is short. */
export interface LockRetryLimits {
  readonly attemptMs: number;
  readonly seconds: number;
}

const LOCK_CODES = ['55P03', '40P01'];
const PAUSE_MS = 500;

/**
 * Does the work in one transaction that waits for locks only briefly, again and again.
 * @throws COPY_LOCK_TIMEOUT, COPY_OUTCOME_UNKNOWN when the connection was lost at the commit
 */
export async function withLockRetry<T>(
  client: pg.Client,
  { attemptMs, seconds }: LockRetryLimits,
  work: () => Promise<T>,
): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    try {
      return await attempt(client, attemptMs, work);
    } catch (error) {
      if (!LOCK_CODES.includes((error as { code?: string }).code ?? '')) throw error;
      if (performance.now() >= deadline)
        throw new ReasonError('COPY_LOCK_TIMEOUT', { cause: error });
    }
    await wait(jittered(PAUSE_MS, 0.5, 1.5));
  }
}

async function attempt<T>(client: pg.Client, lockMs: number, work: () => Promise<T>): Promise<T> {
  let committing = false;
  await pipelined(client, ['BEGIN', `SET LOCAL lock_timeout = ${lockMs}`]);
  try {
    const result = await work();
    committing = true;
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    if (committing && isDisconnected(error))
      throw new ReasonError('COPY_OUTCOME_UNKNOWN', { cause: error });
    throw error;
  }
}
