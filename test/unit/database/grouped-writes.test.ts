import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { GroupedWrites } from '../../../src/database/grouped-writes.js';
import { eventually } from '../../support/eventually.js';

/** Groups whose writes end when a test says so. */
class Writer {
  readonly groups: (readonly number[])[] = [];
  readonly #ends: { succeed: () => void; fail: (error: Error) => void }[] = [];
  readonly writes = new GroupedWrites((items: readonly number[]) => {
    this.groups.push(items);
    return new Promise<readonly string[]>((resolve, reject) => {
      this.#ends.push({
        succeed: () => {
          resolve(items.map((item) => `answer ${item}`));
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
  const writes = new GroupedWrites((items: readonly number[]) => {
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

  it.each(['22P02', '23514', '40001', '40P01', '57014'])(
    'let items alone fail that the database refuses with %s, and write the others one by one',
    async (code) => {
      const { groups, addAll } = refusing([2, 4], code);
      expect(await addAll(upTo(6))).toEqual(
        upTo(6).map((item) => ([2, 4].includes(item) ? `failed with ${code}` : `answer ${item}`)),
      );
      expect(groups).toEqual([upTo(6), ...upTo(6).map((item) => [item])]);
    },
  );

  it('do not write a single item again', async () => {
    const { groups, addAll } = refusing([1], '23514');
    expect(await addAll([1])).toEqual(['failed with 23514']);
    expect(groups).toEqual([[1]]);
  });

  it.each([
    '08006',
    '53300',
    '57P01',
    '40003',
    'EPIPE',
    'ECONNRESET',
    'ETIMEDOUT',
    'POOL_TIMEOUT',
    '',
  ])('fail as a whole, and are not repeated, when %p leaves open what happened', async (code) => {
    const { groups, addAll } = refusing([2], code);
    expect(await addAll(upTo(4))).toEqual(upTo(4).map(() => `failed with ${code}`));
    expect(groups).toEqual([upTo(4)]);
    // The next group has nothing to do with it.
    expect(await addAll([7, 8])).toEqual(['answer 7', 'answer 8']);
  });

  it('go on one by one past an item that leaves open what happened to it', async () => {
    const groups: (readonly number[])[] = [];
    const writes = new GroupedWrites((items: readonly number[]) => {
      groups.push(items);
      if (items.length > 1) return Promise.reject(failure('40P01'));
      return items[0] === 1 ? Promise.reject(failure('57P01')) : Promise.resolve(answers(items));
    });
    expect(await settle(upTo(3).map((item) => writes.add(item)))).toEqual([
      'answer 0',
      'failed with 57P01',
      'answer 2',
    ]);
    expect(groups).toEqual([[0, 1, 2], [0], [1], [2]]);
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
