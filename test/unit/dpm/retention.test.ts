import { beforeEach, describe, expect, it } from '@jest/globals';
import { dpmRules, type DpmRepositories } from '../../../src/stores/dpm/retention/dpm.retention.js';
import type { Purgeable } from '../../../src/stores/purgeable.js';
import {
  BATCH,
  countExpired,
  type Lease,
  type Purged,
  purgeExpired,
  type RetentionRule,
  SOLE_LEASE,
} from '../../../src/stores/retention.js';

const BEFORE = '2026-11-21T12:00:00.000Z';

/** Records of which so many have expired; `asked` has each call with its instant and limit. */
class Records implements Purgeable {
  readonly asked: (readonly [string, number])[] = [];
  constructor(private expired: number) {}

  countExpired(before: string): Promise<number> {
    this.asked.push([before, 0]);
    return Promise.resolve(this.expired);
  }

  purge(before: string, limit: number): Promise<number> {
    this.asked.push([before, limit]);
    const purged = Math.min(this.expired, limit);
    this.expired -= purged;
    return Promise.resolve(purged);
  }
}

/** Is held so many times, and lost after that. */
class Counted implements Lease {
  releases = 0;
  constructor(private times: number) {}

  hold(): Promise<boolean> {
    this.times -= 1;
    return Promise.resolve(this.times >= 0);
  }

  release(): Promise<void> {
    this.releases += 1;
    return Promise.resolve();
  }
}

const rule = (name: string, records: Purgeable, before: string | null = BEFORE): RetentionRule => ({
  name,
  variable: 'VARIABLE',
  before,
  records,
});

describe('counting', () => {
  it('asks every rule that ends, and knows that nothing expires by the others', async () => {
    const [ends, endless] = [new Records(7), new Records(9)];
    const rules = [rule('ends', ends), rule('endless', endless, null)];
    expect(await countExpired({ rules, lease: new Counted(0) })).toEqual([
      { rule: rules[0], records: 7 },
      { rule: rules[1], records: 0 },
    ]);
    expect([ends.asked, endless.asked]).toEqual([[[BEFORE, 0]], []]);
  });
});

describe('purging', () => {
  let told: Purged[];
  beforeEach(() => {
    told = [];
  });
  const tell = (purged: Purged) => {
    told.push(purged);
  };

  it('goes on until a batch is not full, rule after rule', async () => {
    const [first, second] = [new Records(2 * BATCH + 1), new Records(3)];
    const rules = [rule('first', first), rule('second', second)];
    const lease = new Counted(100);
    const purged = await purgeExpired({ rules, lease }, tell);
    expect(purged).toEqual([
      { rule: rules[0], records: 2 * BATCH + 1 },
      { rule: rules[1], records: 3 },
    ]);
    expect(told.map(({ rule: { name }, records }) => [name, records])).toEqual([
      ['first', BATCH],
      ['first', 2 * BATCH],
      ['first', 2 * BATCH + 1],
      ['second', 3],
    ]);
    expect(first.asked).toEqual(Array.from({ length: 3 }, () => [BEFORE, BATCH]));
    expect(lease.releases).toBe(1);
  });

  it('asks once more when the last batch was full', async () => {
    const records = new Records(BATCH);
    await purgeExpired({ rules: [rule('full', records)], lease: SOLE_LEASE });
    expect(records.asked).toHaveLength(2);
  });

  it('leaves alone what is kept for good', async () => {
    const records = new Records(1);
    const rules = [rule('endless', records, null)];
    expect(await purgeExpired({ rules, lease: SOLE_LEASE }, tell)).toEqual([
      { rule: rules[0], records: 0 },
    ]);
    expect([records.asked, told]).toEqual([[], []]);
  });

  it('does nothing while another process has the lease, and leaves the lease to it', async () => {
    const [records, lease] = [new Records(1), new Counted(0)];
    const purged = purgeExpired({ rules: [rule('records', records)], lease });
    await expect(purged).rejects.toMatchObject({ code: 'PURGE_UNDER_WAY' });
    expect([records.asked, lease.releases]).toEqual([[], 0]);
  });

  it('holds the lease anew before each batch, and ends when it is lost', async () => {
    // Once at the start, and once before each of two batches.
    const [records, lease] = [new Records(3 * BATCH), new Counted(3)];
    const purged = purgeExpired({ rules: [rule('records', records)], lease }, tell);
    await expect(purged).rejects.toMatchObject({ code: 'PURGE_LEASE_LOST' });
    expect(told.map((each) => each.records)).toEqual([BATCH, 2 * BATCH]);
    expect(lease.releases).toBe(1);
  });

  it('ends after the batch in which it is asked to', async () => {
    const [records, lease, stopping] = [
      new Records(3 * BATCH),
      new Counted(9),
      new AbortController(),
    ];
    const rules = [rule('records', records), rule('untouched', new Records(1))];
    const purged = await purgeExpired(
      { rules, lease },
      () => {
        stopping.abort();
      },
      stopping.signal,
    );
    expect(purged.map((each) => each.records)).toEqual([BATCH, 0]);
    expect(lease.releases).toBe(1);
  });

  it('gives the lease back when a batch fails', async () => {
    const [records, lease] = [new Records(1), new Counted(9)];
    records.purge = () => Promise.reject(new Error('the database is gone'));
    const purged = purgeExpired({ rules: [rule('records', records)], lease });
    await expect(purged).rejects.toThrow('the database is gone');
    expect(lease.releases).toBe(1);
  });
});

describe('the rules of dpm', () => {
  const NOW = Date.parse('2026-11-21T12:00:00.000Z');
  const repositories = {
    runs: new Records(0),
    operations: new Records(0),
    lineage: new Records(0),
  } as unknown as DpmRepositories;
  const rules = (retentionDays: number, operationsTtlSeconds: number) =>
    dpmRules({ retentionDays, operationsTtlSeconds, purgeIntervalSeconds: 0 }, repositories, NOW);

  it('count days for runs and edges, and seconds for operations', () => {
    expect(rules(2, 90)).toEqual([
      {
        name: 'runs',
        variable: 'DPM_SUPPORTABILITY_RETENTION_DAYS',
        before: '2026-11-19T12:00:00.000Z',
        records: repositories.runs,
      },
      {
        name: 'lineage_edges',
        variable: 'DPM_SUPPORTABILITY_RETENTION_DAYS',
        before: '2026-11-19T12:00:00.000Z',
        records: repositories.lineage,
      },
      {
        name: 'async_operations',
        variable: 'DPM_ASYNC_OPERATIONS_TTL_SECONDS',
        before: '2026-11-21T11:58:30.000Z',
        records: repositories.operations,
      },
    ]);
  });

  it('keep for good what has no length', () => {
    expect(rules(0, 1).map(({ before }) => before)).toEqual([
      null,
      null,
      '2026-11-21T11:59:59.000Z',
    ]);
    expect(rules(1, 0).at(-1)?.before).toBeNull();
  });
});
