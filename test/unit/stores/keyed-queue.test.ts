import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { reasonFor, type ReasonError } from '@holdfast/core/reasons';
import { currentRequest, ServedRequest } from '@holdfast/core/served-request';
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

  it('takes out who has left or waited for too long, and does nothing for them', async () => {
    const queue = new KeyedQueue();
    const begun: string[] = [];
    let end = (): void => undefined;
    const first = queue.run(
      'a',
      () =>
        new Promise<unknown>(
          (done) =>
            (end = () => {
              done(null);
            }),
        ),
    );
    const requests = ['patient', 'leaving', 'late', 'last'].map((name) => ({
      name,
      request: ServedRequest.begin(name, {
        queueMs: name === 'late' ? 20 : 60_000,
        totalMs: Infinity,
      }),
    }));
    const told = requests.map(({ name, request }) =>
      currentRequest.run(request, () =>
        queue
          .run('a', () => {
            begun.push(name);
            return Promise.resolve('done');
          })
          .catch((error: unknown) => (error as ReasonError).code),
      ),
    );
    requests[1]?.request.abandon();
    expect(await told[1]).toBe('REQUEST_ABANDONED');
    expect(await told[2]).toBe('QUEUE_TIMEOUT');
    expect(begun).toEqual([]);
    end();
    await first;
    expect(await Promise.all(told)).toEqual(['done', 'REQUEST_ABANDONED', 'QUEUE_TIMEOUT', 'done']);
    expect(begun).toEqual(['patient', 'last']);
  });

  it('does not wait for longer than a request has left altogether', async () => {
    const queue = new KeyedQueue();
    void queue.run('a', () => new Promise(() => undefined));
    const request = ServedRequest.begin('r', { queueMs: 60_000, totalMs: 20 });
    const waiting = currentRequest.run(request, () => queue.run('a', () => Promise.resolve()));
    await expect(waiting).rejects.toMatchObject({ code: 'QUEUE_TIMEOUT' });
    expect(() => {
      request.assertWanted();
    }).toThrow(reasonFor('DATABASE_UNAVAILABLE').meaning);
  });
});
