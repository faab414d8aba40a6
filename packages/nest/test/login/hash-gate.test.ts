import { describe, expect, it } from '@jest/globals';
import { HashGate } from '../../src/login/hash-gate.js';

const busy = expect.objectContaining({ code: 'LOGIN_BUSY', retryAfterSeconds: 2 });

/** Work that ends when it is let to. */
function heldWork() {
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  return {
    begun,
    work: (name: string) => () => {
      begun.push(name);
      return new Promise<void>((resolve) => ends.push(resolve));
    },
    /** Ends what is at work until nothing is. */
    async drain() {
      await new Promise(setImmediate);
      while (ends.length > 0) {
        ends.shift()?.();
        await new Promise(setImmediate);
      }
    },
  };
}

/** So many, each of a client of its own. */
function fill(gate: HashGate, held: ReturnType<typeof heldWork>, count: number, isKnown = false) {
  return Array.from({ length: count }, (_, turn) => {
    const name = `${isKnown ? 'known' : 'new'} ${turn}`;
    return gate.run(name, isKnown, held.work(name)).then(
      () => 'done',
      (error: unknown) => {
        expect(error).toEqual(busy);
        return 'busy';
      },
    );
  });
}

describe('the gate of hashes', () => {
  it('lets one or two work, a few wait, and refuses all others at once', async () => {
    const [gate, held] = [new HashGate(), heldWork()];
    const all = fill(gate, held, 60);
    await new Promise(setImmediate);
    const atWork = held.begun.length;
    expect([1, 2]).toContain(atWork);
    await held.drain();
    const found = await Promise.all(all);
    expect(found.filter((each) => each === 'done')).toHaveLength(atWork + 16);
    expect(found.slice(0, atWork + 16)).not.toContain('busy');
  });

  it('has room for browsers that are known when it is full, and takes them first', async () => {
    const [gate, held] = [new HashGate(), heldWork()];
    const others = fill(gate, held, 60);
    const known = fill(gate, held, 9, true);
    await new Promise(setImmediate);
    const atWork = held.begun.length;
    await held.drain();
    expect(held.begun.slice(atWork, atWork + 8)).toEqual(
      Array.from({ length: 8 }, (_, turn) => `known ${turn}`),
    );
    expect(await Promise.all(known)).toEqual([...Array.from({ length: 8 }, () => 'done'), 'busy']);
    await Promise.all(others);
  });

  it('is not taken by one client alone', async () => {
    const [gate, held] = [new HashGate(), heldWork()];
    const own = Array.from({ length: 4 }, () => gate.run('one', false, held.work('one')));
    await expect(gate.run('one', false, held.work('one'))).rejects.toEqual(busy);
    const other = gate.run('other', false, held.work('other'));
    await held.drain();
    await Promise.all([...own, other]);
    const again = gate.run('one', false, held.work('again'));
    await held.drain();
    await again;
    expect(held.begun).toContain('again');
  });

  it('is left by work that fails', async () => {
    const gate = new HashGate();
    for (let turn = 0; turn < 5; turn += 1) {
      const failed = gate.run('one', false, () => Promise.reject(new Error('no')));
      await expect(failed).rejects.toThrow('no');
    }
    await expect(gate.run('one', false, () => Promise.resolve('fine'))).resolves.toBe('fine');
  });
});
