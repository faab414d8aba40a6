import { describe, expect, it } from '@jest/globals';
import { RecentProblems } from '../../src/metrics/recent-problems.js';

const NOW = Date.parse('2026-11-29T03:12:05.000Z');
const MINUTE_MS = 60_000;

describe('what clients were told lately', () => {
  it('is counted by code, most first, with the last time', () => {
    const problems = new RecentProblems();
    problems.add('POOL_TIMEOUT', NOW - 1000);
    problems.add('TOKEN_INVALID', NOW - 30_000);
    problems.add('TOKEN_INVALID', NOW - 20_000);
    expect(problems.read(NOW)).toEqual([
      { code: 'TOKEN_INVALID', count: 2, last_at: '2026-11-29T03:11:45.000Z' },
      { code: 'POOL_TIMEOUT', count: 1, last_at: '2026-11-29T03:12:04.000Z' },
    ]);
  });

  it('is forgotten after five minutes', () => {
    const problems = new RecentProblems();
    problems.add('POOL_TIMEOUT', NOW);
    problems.add('POOL_TIMEOUT', NOW + 2 * MINUTE_MS);
    expect(problems.read(NOW + 4 * MINUTE_MS)[0]?.count).toBe(2);
    expect(problems.read(NOW + 6 * MINUTE_MS)[0]?.count).toBe(1);
    expect(problems.read(NOW + 8 * MINUTE_MS)).toEqual([]);
  });

  it('does not count what the same ten seconds of an earlier round had', () => {
    const problems = new RecentProblems();
    problems.add('POOL_TIMEOUT', NOW);
    problems.add('POOL_TIMEOUT', NOW + 5 * MINUTE_MS);
    expect(problems.read(NOW + 5 * MINUTE_MS)[0]?.count).toBe(1);
  });
});
