import { describe, expect, it } from '@jest/globals';
import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { loadChart } from '../../src/status/load-chart.js';
import { PoolHistory } from '../../src/status/pool-history.js';

function pool() {
  const load = { checked_out: 0, waiting: 0 };
  const database = { settings: { name: 'primary' }, statistics: () => load };
  const history = new PoolHistory([database as unknown as SqlDatabase]);
  const sample = (checkedOut: number, waiting = 0) => {
    Object.assign(load, { checked_out: checkedOut, waiting });
    history.sample();
  };
  return { history, sample };
}

describe('the history of a pool', () => {
  it('has the highest of each five samples, and the point that is under way', () => {
    const { history, sample } = pool();
    for (const used of [1, 9, 2, 0, 0, 3, 4]) sample(used, used * 2);
    expect(history.of('primary')).toEqual({ point_seconds: 5, used: [9, 4], waiting: [18, 8] });
  });

  it('has half an hour at most', () => {
    const { history, sample } = pool();
    for (let second = 0; second < 5000; second += 1) sample(second);
    const { used, waiting } = history.of('primary');
    expect([used.length, waiting.length]).toEqual([360, 360]);
    expect(used.at(-1)).toBe(4999);
  });

  it('is empty for what is not sampled', () => {
    expect(pool().history.of('other')).toEqual({ point_seconds: 5, used: [], waiting: [] });
  });
});

describe('the chart of a pool', () => {
  const base = {
    ...({ name: 'primary', type: 'postgresql', stores: ['dpm'] } as const),
    ...{ size: 5, max_overflow: 5 },
    ...{ checked_out: 0, idle: 0, overflow: 0, waiting: 0, acquired_total: 0 },
    ...{ timeouts_total: 0, leaks_total: 0, acquire_ms: { p50: 0, p99: 0 } },
  };
  const chart = (used: number[], waiting: number[]) =>
    loadChart({ ...base, load: { point_seconds: 5, used, waiting } }).text;

  it('says in words what it shows', () => {
    expect(chart([1, 7, 3], [0, 0, 4])).toContain(
      'last 1 min: at most 7 of 10 connections in use, at most 4 requests waiting',
    );
  });

  it('stays within its frame, with nothing, with much and with more than fits', () => {
    for (const text of [chart([], []), chart([0], [0]), chart([10, 10], [0, 5000])]) {
      const points = [...text.matchAll(/points="([^"]*)"/g)].flatMap(([, list = '']) =>
        list.trim().split(/\s+/).filter(Boolean),
      );
      for (const point of points) {
        const [x = -1, y = -1] = point.split(',').map(Number);
        expect(x >= 0 && x <= 600 && y >= 0 && y <= 80).toBe(true);
      }
    }
  });
});
