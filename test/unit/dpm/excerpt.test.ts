import { describe, expect, it } from '@jest/globals';
import { excerptOf, mergeDistinct } from '../../../src/stores/dpm/support/excerpt.js';
import { TIMES } from '../../contract/newest-first.js';

describe('an excerpt', () => {
  const item = (id: string, createdAt: string) => ({ id, createdAt });
  const found = [
    item('b', TIMES[1]),
    item('a', TIMES[2]),
    item('c', TIMES[1]),
    item('b', TIMES[1]),
  ];
  const ids = (order: 'newest first' | 'oldest first') =>
    mergeDistinct(found, (each) => each, order).map(({ id }) => id);

  it('is in the order that is asked for, each once', () => {
    expect(ids('newest first')).toEqual(['a', 'c', 'b']);
    expect(ids('oldest first')).toEqual(['b', 'c', 'a']);
  });

  it('ends where there is no more room', () => {
    const texts = ['one', 'two', 'six'];
    const cut = (items: number, bytes: number, hasMore?: boolean) => {
      const excerpt = excerptOf(texts, { items, bytes }, hasMore);
      return [excerpt.items.length, excerpt.truncated];
    };
    expect(cut(3, 15)).toEqual([3, false]);
    expect(cut(3, 15, true)).toEqual([3, true]);
    expect(cut(2, 15)).toEqual([2, true]);
    expect(cut(3, 14)).toEqual([2, true]);
    expect(cut(3, 4)).toEqual([0, true]);
  });
});
