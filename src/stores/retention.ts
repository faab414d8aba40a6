import { setTimeout as wait } from 'node:timers/promises';
import { ReasonError } from './stores.reasons.js';
import type { Lease } from '@holdfast/core/lease';
import type { Purgeable } from './purgeable.js';
import type { Instant } from '@holdfast/core/instant';

/**
 * Most records in one transaction: nobody waits long for its locks, even where much belongs to each
 * record.
 */
export const PURGE_BATCH = 100;

/** Lets others at the tables between two batches. */
const PAUSE_MS = 5;

/** Which records of a store expire, and when. */
export interface RetentionRule {
  /** What the records are, in the plural. */
  readonly name: string;
  /** The variable that says how long they are kept. */
  readonly variable: string;
  /** What was created (or finished) earlier has expired; null keeps for good. */
  readonly before: Instant | null;
  readonly records: Purgeable;
}

/** What a store deletes after a while, and the lease of the process that does it. */
export interface Retention {
  readonly rules: readonly RetentionRule[];
  readonly lease: Lease;
}

export interface Purged {
  readonly rule: RetentionRule;
  readonly records: number;
}

/** What is older than so many seconds has expired; 0 keeps for good. */
export function expiredBefore(now: number, seconds: number): Instant | null {
  return seconds === 0 ? null : new Date(now - seconds * 1000).toISOString();
}

/** How many records a purge would delete. Changes nothing. */
export async function countExpired({ rules }: Retention): Promise<readonly Purged[]> {
  return Promise.all(
    rules.map(async (rule) => ({
      rule,
      records: rule.before === null ? 0 : await rule.records.countExpired(rule.before),
    })),
  );
}

/**
 * Deletes what has expired, one bounded batch after another; what is deleted stays deleted when it
 * is interrupted.
 * @param onBatch called after each batch with the sum so far of its rule
 * @throws PURGE_UNDER_WAY when another process purges the store, PURGE_LEASE_LOST
 */
export async function purgeExpired(
  { rules, lease }: Retention,
  onBatch: (purged: Purged) => void = () => undefined,
  signal?: AbortSignal,
): Promise<readonly Purged[]> {
  if (!(await lease.hold())) throw new ReasonError('PURGE_UNDER_WAY');
  const all: Purged[] = [];
  try {
    for (const rule of rules) {
      let records = 0;
      for (let last = PURGE_BATCH; rule.before !== null && last === PURGE_BATCH;) {
        if (signal?.aborted) break;
        if (!(await lease.hold())) throw new ReasonError('PURGE_LEASE_LOST');
        last = await rule.records.purge(rule.before, PURGE_BATCH);
        records += last;
        onBatch({ rule, records });
        await wait(PAUSE_MS);
      }
      all.push({ rule, records });
    }
  } catch (error) {
    // The first error is the one to tell; a lease that cannot be released ends by itself.
    await lease.release().catch(() => undefined);
    throw error;
  }
  await lease.release();
  return all;
}
