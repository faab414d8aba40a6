import { describe, expect, it } from '@jest/globals';
import type { Purgeable } from '../../../src/stores/purgeable.js';
import { type Lease, SOLE_LEASE } from '@holdfast/core/lease';
import {
  PURGE_BATCH,
  countExpired,
  purgeExpired,
  type RetentionRule,
} from '../../../src/stores/retention.js';
import { type DpmRepositories, dpmRetentionRules } from '../../../src/stores/dpm/dpm.retention.js';

const NOW = Date.parse('2026-11-21T12:00:00.000Z');
const REPOSITORIES = {
  runs: 'runs',
  operations: 'operations',
  lineage: 'lineage',
  answers: 'answers',
} as unknown as DpmRepositories;

const rules = (retentionDays: number, operationsTtlSeconds: number, keyTtlSeconds = 0) =>
  dpmRetentionRules(
    {
      variables: {
        DPM_SUPPORTABILITY_RETENTION_DAYS: retentionDays,
        DPM_ASYNC_OPERATIONS_TTL_SECONDS: operationsTtlSeconds,
        DPM_PURGE_INTERVAL_SECONDS: 0,
        IDEMPOTENCY_KEY_TTL_SECONDS: keyTtlSeconds,
      },
    },
    REPOSITORIES,
    NOW,
  );

/** Records that only count, and what was asked of them. */
class Counted implements Purgeable {
  readonly asked: (readonly [before: string, limit: number])[] = [];

  constructor(
    private left: number,
    private readonly error?: Error,
  ) {}

  countExpired(): Promise<number> {
    return Promise.resolve(this.left);
  }

  purge(before: string, limit: number): Promise<number> {
    this.asked.push([before, limit]);
    if (this.error) return Promise.reject(this.error);
    const deleted = Math.min(this.left, limit);
    this.left -= deleted;
    return Promise.resolve(deleted);
  }
}

/** Held as often as it is said. */
class CountedLease implements Lease {
  held = 0;
  released = 0;

  constructor(
    private readonly times = Infinity,
    private readonly releaseError?: Error,
  ) {}

  hold(): Promise<boolean> {
    this.held += 1;
    return Promise.resolve(this.held <= this.times);
  }

  release(): Promise<void> {
    this.released += 1;
    return this.releaseError ? Promise.reject(this.releaseError) : Promise.resolve();
  }
}

const BEFORE = '2026-01-01T00:00:00.000Z';
const rule = (name: string, records: Purgeable, before: string | null = BEFORE): RetentionRule => ({
  name,
  variable: 'VARIABLE',
  before,
  records,
});

describe('what of the dpm store has expired', () => {
  it('is older than the days and the seconds that are given', () => {
    expect(rules(30, 3600, 86_400)).toEqual([
      {
        name: 'runs',
        variable: 'DPM_SUPPORTABILITY_RETENTION_DAYS',
        before: '2026-10-22T12:00:00.000Z',
        records: 'runs',
      },
      {
        name: 'lineage_edges',
        variable: 'DPM_SUPPORTABILITY_RETENTION_DAYS',
        before: '2026-10-22T12:00:00.000Z',
        records: 'lineage',
      },
      {
        name: 'async_operations',
        variable: 'DPM_ASYNC_OPERATIONS_TTL_SECONDS',
        before: '2026-11-21T11:00:00.000Z',
        records: 'operations',
      },
      {
        name: 'request_keys',
        variable: 'IDEMPOTENCY_KEY_TTL_SECONDS',
        before: '2026-11-20T12:00:00.000Z',
        records: 'answers',
      },
    ]);
  });

  it.each([
    [0, 0, [null, null, null, null]],
    [0, 1, [null, null, '2026-11-21T11:59:59.000Z', null]],
    [1, 0, ['2026-11-20T12:00:00.000Z', '2026-11-20T12:00:00.000Z', null, null]],
    [
      36_500,
      315_360_000,
      ['1926-12-16T12:00:00.000Z', '1926-12-16T12:00:00.000Z', '2016-11-23T12:00:00.000Z', null],
    ],
  ])('with %p days and %p seconds is before %p', (days, seconds, expected) => {
    expect(rules(days, seconds).map(({ before }) => before)).toEqual(expected);
  });
});

describe('a purge', () => {
  it('deletes batch after batch until one is not full, each under the lease', async () => {
    const [many, full, none] = [
      new Counted(2 * PURGE_BATCH + 1),
      new Counted(PURGE_BATCH),
      new Counted(0),
    ];
    const lease = new CountedLease();
    const told: (readonly [string, number])[] = [];
    const purged = await purgeExpired(
      { rules: [rule('many', many), rule('full', full), rule('none', none)], lease },
      (batch) => told.push([batch.rule.name, batch.records]),
    );
    expect(purged.map(({ records }) => records)).toEqual([2 * PURGE_BATCH + 1, PURGE_BATCH, 0]);
    expect(many.asked).toEqual(Array.from({ length: 3 }, () => [BEFORE, PURGE_BATCH]));
    expect(told).toEqual([
      ...[1, 2].map((batches) => ['many', batches * PURGE_BATCH]),
      ['many', 2 * PURGE_BATCH + 1],
      ['full', PURGE_BATCH],
      ['full', PURGE_BATCH],
      ['none', 0],
    ]);
    expect(lease.held).toBe(1 + told.length);
    expect(lease.released).toBe(1);
  });

  it('asks nothing of what is kept for good', async () => {
    const records = new Counted(5);
    const retention = { rules: [rule('kept', records, null)], lease: SOLE_LEASE };
    expect(await purgeExpired(retention)).toMatchObject([{ records: 0 }]);
    expect(await countExpired(retention)).toMatchObject([{ records: 0 }]);
    expect(records.asked).toEqual([]);
  });

  it('does nothing without the lease, and leaves it to its holder', async () => {
    const records = new Counted(5);
    const lease = new CountedLease(0);
    await expect(purgeExpired({ rules: [rule('r', records)], lease })).rejects.toMatchObject({
      code: 'PURGE_UNDER_WAY',
    });
    expect([records.asked, lease.released]).toEqual([[], 0]);
  });

  it('ends before the next batch when it has lost the lease', async () => {
    const records = new Counted(10 * PURGE_BATCH);
    const lease = new CountedLease(3);
    await expect(purgeExpired({ rules: [rule('r', records)], lease })).rejects.toMatchObject({
      code: 'PURGE_LEASE_LOST',
    });
    expect(records.asked).toHaveLength(2);
  });

  it('ends after its batch when it is told to, and tells what it has deleted', async () => {
    const [records, next] = [new Counted(10 * PURGE_BATCH), new Counted(1)];
    const lease = new CountedLease();
    const stopping = new AbortController();
    const purged = await purgeExpired(
      { rules: [rule('r', records), rule('next', next)], lease },
      ({ records: deleted }) => {
        if (deleted === 2 * PURGE_BATCH) stopping.abort();
      },
      stopping.signal,
    );
    expect(purged.map((each) => each.records)).toEqual([2 * PURGE_BATCH, 0]);
    expect([records.asked.length, next.asked, lease.released]).toEqual([2, [], 1]);
  });

  it('releases the lease after a failure, and tells the failure rather than that of the release', async () => {
    const failing = new Counted(1, new Error('the batch failed'));
    const lease = new CountedLease(Infinity, new Error('the release failed'));
    await expect(purgeExpired({ rules: [rule('r', failing)], lease })).rejects.toThrow(
      'the batch failed',
    );
    expect(lease.released).toBe(1);
    await expect(purgeExpired({ rules: [rule('r', new Counted(1))], lease })).rejects.toThrow(
      'the release failed',
    );
  });
});
