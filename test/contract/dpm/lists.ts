import { expect } from '@jest/globals';
import type { CreatedRange } from '@holdfast/core/instant';
import type { Position } from '@holdfast/core/page';
import { TIMES } from './run.records.js';

/** Follows a list to its end, `limit` at a time. */
export async function walk<T>(
  list: (after: Position | undefined) => Promise<readonly T[]>,
  positionOf: (item: T) => Position,
  limit: number,
  between: () => Promise<unknown> = () => Promise.resolve(),
): Promise<readonly T[]> {
  const all: T[] = [];
  let after: Position | undefined;
  for (let pages = 0; pages < 1000; pages += 1) {
    const page = await list(after);
    expect(page.length).toBeLessThanOrEqual(limit);
    all.push(...page);
    const last = page.at(-1);
    if (!last) return all;
    after = positionOf(last);
    await between();
  }
  throw new Error('the list does not end');
}

/** What was there from the start is found once and in order, and nothing is found twice. */
export function expectEachOnce<T>(
  found: readonly T[],
  stored: readonly T[],
  positionOf: (item: T) => Position,
): void {
  const idOf = (item: T) => positionOf(item).id;
  expect(new Set(found.map(idOf)).size).toBe(found.length);
  const initial = new Set(stored.map(idOf));
  expect(found.filter((item) => initial.has(idOf(item)))).toEqual(stored);
}

/** What a range selects of `TIMES`. */
export const RANGES: readonly (readonly [string, CreatedRange, readonly string[]])[] = [
  ['from its very time', { createdFrom: '2026-11-21T12:00:00.001000Z' }, [TIMES[2]]],
  ['not from a microsecond later', { createdFrom: '2026-11-21T12:00:00.001001Z' }, []],
  ['from a microsecond before', { createdFrom: '2026-11-21T12:00:00.000999Z' }, [TIMES[2]]],
  ['not to its very time', { createdTo: '2026-11-21T11:59:59.999000Z' }, []],
  ['to a microsecond later', { createdTo: '2026-11-21T11:59:59.999001Z' }, [TIMES[0]]],
  [
    'in the microsecond of its time',
    { createdFrom: '2026-11-21T12:00:00.000000Z', createdTo: '2026-11-21T12:00:00.000001Z' },
    [TIMES[1]],
  ],
  [
    'between bounds in the wrong order',
    { createdFrom: '2026-11-21T12:00:00.001000Z', createdTo: '2026-11-21T12:00:00.000000Z' },
    [],
  ],
  [
    'in all of time',
    { createdFrom: '0001-01-01T00:00:00.000000Z', createdTo: '9999-12-31T23:59:59.999999Z' },
    TIMES,
  ],
];
