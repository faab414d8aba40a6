import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';
import { type Answers, pipelined, type Statement } from './pipeline.js';
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
export function withLockRetry<T>(
  client: pg.Client,
  limits: LockRetryLimits,
  work: () => Promise<T>,
): Promise<T> {
  return withOpenedRetry(client, limits, [], async (opened) => {
    await opened;
    return work();
  });
}

/**
 * The same, with fewer round trips.
 * @param opening is sent together with the begin
 * @param work may send more before the opening is answered
 */
export async function withOpenedRetry<T>(
  client: pg.Client,
  { attemptMs, seconds }: LockRetryLimits,
  opening: readonly Statement[],
  work: (opened: Answers) => Promise<T>,
): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  const begin = ['BEGIN', `SET LOCAL lock_timeout = ${attemptMs}`, ...opening];
  for (;;) {
    try {
      return await attempt(client, begin, work);
    } catch (error) {
      if (!LOCK_CODES.includes((error as { code?: string }).code ?? '')) throw error;
      if (performance.now() >= deadline)
        throw new ReasonError('COPY_LOCK_TIMEOUT', { cause: error });
    }
    await wait(jittered(PAUSE_MS, 0.5, 1.5));
  }
}

async function attempt<T>(
  client: pg.Client,
  begin: readonly Statement[],
  work: (opened: Answers) => Promise<T>,
): Promise<T> {
  let committing = false;
  const begun = pipelined(client, begin);
  const opened = begun.then(([, , ...answers]) => answers);
  opened.catch(() => undefined);
  try {
    const result = await work(opened);
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
