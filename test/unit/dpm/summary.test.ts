import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type {
  OperationCount,
  OperationRepository,
} from '../../../src/stores/dpm/operations/operation.repository.js';
import type { RunCount, RunRepository } from '../../../src/stores/dpm/runs/run.repository.js';
import { agesAt, summaryOf } from '../../../src/stores/dpm/support/summary.js';
import {
  SupportSummaryBody,
  supportSummaryBody,
} from '../../../src/stores/dpm/support/support-summary.responses.js';
import { SupportSummaryService } from '../../../src/stores/dpm/support/support-summary.service.js';

const AGES = ['last_hour', 'last_day', 'last_7_days', 'last_30_days', 'older'] as const;

describe('the ages', () => {
  it('begin an hour, a day, a week and thirty days ago', () => {
    expect(agesAt('2026-11-21T12:00:00.123Z')).toEqual([
      '2026-11-21T11:00:00.123Z',
      '2026-11-20T12:00:00.123Z',
      '2026-11-14T12:00:00.123Z',
      '2026-10-22T12:00:00.123Z',
    ]);
  });
});

describe('a summary', () => {
  it('names every status and every age, with zeros', () => {
    expect(summaryOf(['A', 'B'], [])).toEqual({
      total: 0,
      byStatus: { A: 0, B: 0 },
      byAge: { last_hour: 0, last_day: 0, last_7_days: 0, last_30_days: 0, older: 0 },
    });
  });

  it('adds up statuses and ages', () => {
    const counts = [
      { status: 'A', age: 0, count: 1 },
      { status: 'A', age: 4, count: 10 },
      { status: 'B', age: 0, count: 100 },
      { status: 'B', age: 2, count: 1000 },
    ];
    expect(summaryOf(['A', 'B', 'C'], counts)).toEqual({
      total: 1111,
      byStatus: { A: 11, B: 1100, C: 0 },
      byAge: { last_hour: 101, last_day: 0, last_7_days: 1000, last_30_days: 0, older: 10 },
    });
  });

  it.each(AGES.map((age, index) => [age, index] as const))('calls %s age %d', (age, index) => {
    const { byAge } = summaryOf(['A'], [{ status: 'A', age: index, count: 7 }]);
    expect(Object.entries(byAge).filter(([, count]) => count > 0)).toEqual([[age, 7]]);
  });

  it('has parts that add up to the total', () => {
    const count = fc.record({
      status: fc.constantFrom('A', 'B', 'C'),
      age: fc.nat(4),
      count: fc.nat(1000),
    });
    fc.assert(
      fc.property(fc.array(count), (counts) => {
        const { total, byStatus, byAge } = summaryOf(['A', 'B', 'C'], counts);
        for (const part of [byStatus, byAge]) {
          expect(Object.values(part).reduce((sum, each) => sum + each, 0)).toBe(total);
        }
      }),
    );
  });
});

describe('the summary service', () => {
  it('asks both repositories for the same ages, at once', async () => {
    const asked: (readonly string[])[] = [];
    const counting = <C>(counts: readonly C[]) => ({
      counts: async (since: readonly string[]) => {
        asked.push(since);
        return Promise.resolve(counts);
      },
    });
    const runs = counting<RunCount>([{ status: 'READY', age: 1, count: 3 }]);
    const operations = counting<OperationCount>([{ status: 'FAILED', age: 0, count: 2 }]);
    const summary = await new SupportSummaryService(
      runs as unknown as RunRepository,
      operations as unknown as OperationRepository,
    ).summary();
    expect(asked).toEqual([agesAt(summary.generatedAt), agesAt(summary.generatedAt)]);
    const body = supportSummaryBody(summary);
    expect(SupportSummaryBody().parse(body)).toEqual({
      generated_at: summary.generatedAt,
      runs: {
        total: 3,
        by_status: { READY: 3, PENDING_REVIEW: 0, BLOCKED: 0 },
        by_age: { last_hour: 0, last_day: 3, last_7_days: 0, last_30_days: 0, older: 0 },
      },
      operations: {
        total: 2,
        by_status: { PENDING: 0, RUNNING: 0, SUCCEEDED: 0, FAILED: 2 },
        by_age: { last_hour: 2, last_day: 0, last_7_days: 0, last_30_days: 0, older: 0 },
      },
    });
  });
});
