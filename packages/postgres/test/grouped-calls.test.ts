import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { GroupedCalls } from '../src/database/grouped-calls.js';
import { reasonFor } from '@holdfast/core/reasons';
import { currentRequest, ServedRequest } from '@holdfast/core/served-request';
import { eventually } from '../../../test/support/eventually.js';

/** Each item takes `bytes`. */
function grouped(
  write: (items: readonly number[]) => Promise<readonly string[]>,
  bytes: (item: number) => number = () => 1,
) {
  return new GroupedCalls<number, string>({ run: (take) => write(take()), bytesOf: bytes });
}

/** Groups whose writes end when a test says so. */
class Writer {
  readonly groups: (readonly number[])[] = [];
  readonly #ends: { succeed: () => void; fail: (error: Error) => void }[] = [];
  readonly writes = grouped((items) => {
    this.groups.push(items);
    return new Promise((resolve, reject) => {
      this.#ends.push({
        succeed: () => {
          resolve(answers(items));
        },
        fail: reject,
      });
    });
  });

  /** Lets everything begin that can, then ends the oldest write that is under way. */
  async end(error?: Error): Promise<void> {
    await nextTurn();
    const oldest = this.#ends.shift();
    if (!oldest) throw new Error('no write is under way');
    if (error) oldest.fail(error);
    else oldest.succeed();
    await nextTurn();
  }

  get underWay(): number {
    return this.#ends.length;
  }
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);
const answers = (items: readonly number[]) => items.map((item) => `answer ${item}`);
const failure = (code: string) => Object.assign(new Error(`failed with ${code}`), { code });

/** Refuses some items as the database does, the whole group with them. */
function refusing(bad: readonly number[], code: string) {
  const groups: (readonly number[])[] = [];
  const writes = grouped((items) => {
    groups.push(items);
    return items.some((item) => bad.includes(item))
      ? Promise.reject(failure(code))
      : Promise.resolve(answers(items));
  });
  return { groups, addAll: (items: readonly number[]) => settle(items.map((i) => writes.add(i))) };
}

async function settle(adding: readonly Promise<string>[]): Promise<readonly string[]> {
  const settled = await Promise.allSettled(adding);
  return settled.map((each) =>
    each.status === 'fulfilled' ? each.value : (each.reason as Error).message,
  );
}

describe('grouped writes', () => {
  it('write what arrives in one turn together, and answer each item its own', async () => {
    const writer = new Writer();
    const adding = upTo(5).map((item) => writer.writes.add(item));
    expect(writer.groups).toEqual([]);
    await writer.end();
    expect(await Promise.all(adding)).toEqual(answers(upTo(5)));
    expect(writer.groups).toEqual([upTo(5)]);
  });

  it('answer only when the transaction has ended', async () => {
    const writer = new Writer();
    const answered: string[] = [];
    const adding = writer.writes.add(1).then((answer) => answered.push(answer));
    await nextTurn();
    await nextTurn();
    expect([writer.underWay, answered]).toEqual([1, []]);
    await writer.end();
    await adding;
    expect(answered).toEqual(['answer 1']);
  });

  it('take at most 100 items in a group, and have at most 2 groups under way', async () => {
    const writer = new Writer();
    const adding = upTo(350).map((item) => writer.writes.add(item));
    await nextTurn();
    expect(writer.groups.map((group) => group.length)).toEqual([100, 100]);
    await writer.end();
    expect([writer.groups.length, writer.underWay]).toEqual([3, 2]);
    await writer.end();
    await writer.end();
    await writer.end();
    expect(writer.groups.map((group) => group.length)).toEqual([100, 100, 100, 50]);
    expect(await Promise.all(adding)).toEqual(answers(upTo(350)));
  });

  it('collect what arrives while two groups are under way for the next one', async () => {
    const writer = new Writer();
    const adding: Promise<string>[] = [];
    for (const item of upTo(6)) {
      adding.push(writer.writes.add(item));
      await nextTurn();
    }
    expect(writer.groups).toEqual([[0], [1]]);
    await writer.end();
    expect(writer.groups).toEqual([[0], [1], [2, 3, 4, 5]]);
    await writer.end();
    await writer.end();
    expect(await Promise.all(adding)).toEqual(answers(upTo(6)));
    // And a writer that has come to rest begins anew.
    const again = writer.writes.add(7);
    await writer.end();
    expect(await again).toBe('answer 7');
  });

  it.each(['22P02', '23514', '54000', 'P0001'])(
    'let items alone fail that the database refuses with %s, and find them by halves',
    async (code) => {
      const { groups, addAll } = refusing([2, 4], code);
      expect(await addAll(upTo(6))).toEqual(
        upTo(6).map((item) => ([2, 4].includes(item) ? `failed with ${code}` : `answer ${item}`)),
      );
      expect(groups).toEqual([upTo(6), [0, 1, 2], [0, 1], [2], [3, 4, 5], [3, 4], [3], [4], [5]]);
    },
  );

  it('find one item in a hundred with few writes', async () => {
    const { groups, addAll } = refusing([61], '23505');
    const told = await addAll(upTo(100));
    expect(told.filter((each) => each.startsWith('failed'))).toEqual(['failed with 23505']);
    expect(groups.length).toBeLessThanOrEqual(1 + 2 * 7);
  });

  it('do not write a single item again', async () => {
    const { groups, addAll } = refusing([1], '23514');
    expect(await addAll([1])).toEqual(['failed with 23514']);
    expect(groups).toEqual([[1]]);
  });

  it.each([
    '08006',
    '25006',
    '40001',
    '40003',
    '40P01',
    '42501',
    '53100',
    '53300',
    '55P03',
    '57014',
    '57P01',
    'EPIPE',
    'ECONNRESET',
    'ETIMEDOUT',
    'POOL_TIMEOUT',
    '',
  ])(
    'fail as a whole, and are not repeated, when %p is not for what is in an item',
    async (code) => {
      const { groups, addAll } = refusing([2], code);
      expect(await addAll(upTo(4))).toEqual(upTo(4).map(() => `failed with ${code}`));
      expect(groups).toEqual([upTo(4)]);
      // The next group has nothing to do with it.
      expect(await addAll([7, 8])).toEqual(['answer 7', 'answer 8']);
    },
  );

  it('go on past a half that fails for another reason', async () => {
    const groups: (readonly number[])[] = [];
    const writes = grouped((items) => {
      groups.push(items);
      if (items.length > 2) return Promise.reject(failure('23514'));
      return items.includes(1) ? Promise.reject(failure('57P01')) : Promise.resolve(answers(items));
    });
    expect(await settle(upTo(4).map((item) => writes.add(item)))).toEqual([
      'failed with 57P01',
      'failed with 57P01',
      'answer 2',
      'answer 3',
    ]);
    expect(groups).toEqual([upTo(4), [0, 1], [2, 3]]);
  });

  it('take no more than a megabyte in a group, and what is larger alone', async () => {
    const groups: (readonly number[])[] = [];
    const sizes = [400, 400, 400, 2000, 10, 10];
    const writes = grouped(
      (items) => {
        groups.push(items);
        return Promise.resolve(answers(items));
      },
      (item) => (sizes[item] ?? 0) * 1024,
    );
    await settle(upTo(6).map((item) => writes.add(item)));
    expect(groups).toEqual([[0, 1], [2], [3], [4, 5]]);
  });
});

describe('who gives up', () => {
  const bounds = { queueMs: 60_000, totalMs: 60_000 };

  it('is taken out of what waits, and out of a group that has no connection yet', async () => {
    const taken: (readonly number[])[] = [];
    const connections: (() => void)[] = [];
    const writes = new GroupedCalls<number, string>({
      run: async (take) => {
        await new Promise<void>((connected) => connections.push(connected));
        taken.push(take());
        return answers(take());
      },
      bytesOf: () => 1,
    });
    const requests = upTo(6).map((item) => ServedRequest.begin(`r${item}`, bounds));
    const adding: Promise<string>[] = [];
    for (const [item, request] of requests.entries()) {
      adding.push(currentRequest.run(request, () => writes.add(item)));
      // The first three are a group each, as far as there may be groups, the others wait.
      if (item < 2) await nextTurn();
    }
    const told = settle(adding);
    requests[0]?.abandon();
    requests[4]?.abandon();
    for (let group = 0; group < 3; group += 1) {
      await eventually(() => {
        expect(connections.length).toBeGreaterThan(group);
      });
      connections[group]?.();
    }
    expect(await told).toEqual(
      upTo(6).map((item) =>
        [0, 4].includes(item) ? reasonFor('REQUEST_ABANDONED').meaning : `answer ${item}`,
      ),
    );
    expect(taken).toEqual([[], [1], [2, 3, 5]]);
  });

  it('is told what it has waited for too long, and is not written', async () => {
    const taking: (() => readonly number[])[] = [];
    const writes = new GroupedCalls<number, string>({
      run: (take) => {
        taking.push(take);
        return new Promise(() => undefined);
      },
      bytesOf: () => 1,
    });
    const adding: Promise<string>[] = [];
    for (const item of upTo(3)) {
      const request = ServedRequest.begin(`r${item}`, { queueMs: 50, totalMs: 60_000 });
      adding.push(currentRequest.run(request, () => writes.add(item)));
      await nextTurn();
    }
    // The first two have a group each, which has no connection; the third has none.
    expect(await settle(adding)).toEqual([
      reasonFor('POOL_TIMEOUT').meaning,
      reasonFor('POOL_TIMEOUT').meaning,
      reasonFor('QUEUE_TIMEOUT').meaning,
    ]);
    expect(taking.map((take) => take())).toEqual([[], []]);
  });
});

describe('groups that hang', () => {
  it('hold up who comes later for no more than a second', async () => {
    const { writes, groups } = new Writer();
    for (const item of [0, 1, 2]) {
      void writes.add(item);
      await nextTurn();
    }
    expect(groups).toEqual([[0], [1]]);
    await eventually(() => {
      expect(groups).toEqual([[0], [1], [2]]);
    });
  });
});
