import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { KeyedQueue } from '../../../src/stores/keyed-queue.js';

describe('a queue by key', () => {
  it('does the work of a key in order, one after the other, and that of others meanwhile', async () => {
    const queue = new KeyedQueue();
    const told: string[] = [];
    const work = (name: string, pause: number) => async () => {
      told.push(`${name} begins`);
      await wait(pause);
      told.push(`${name} ends`);
      return name;
    };
    const results = await Promise.all([
      queue.run('a', work('first', 30)),
      queue.run('a', work('second', 0)),
      queue.run('b', work('other', 0)),
    ]);
    expect(results).toEqual(['first', 'second', 'other']);
    expect(told).toEqual([
      'first begins',
      'other begins',
      'other ends',
      'first ends',
      'second begins',
      'second ends',
    ]);
  });

  it('goes on after work that fails, which fails alone', async () => {
    const queue = new KeyedQueue();
    const failing = queue.run('a', () => Promise.reject(new Error('failed')));
    const next = queue.run('a', () => Promise.resolve('done'));
    await expect(failing).rejects.toThrow('failed');
    expect(await next).toBe('done');
    expect(await queue.run('a', () => Promise.resolve('again'))).toBe('again');
  });
});
