import { describe, expect, it } from '@jest/globals';
import { ClientWrites } from '../../src/replicas/client-writes.js';

describe('the writes of clients', () => {
  it('are known by any of the names, the latest of them', () => {
    const writes = new ClientWrites(1000);
    writes.record('a', 10);
    writes.record('b', 20);
    writes.record('a', 30);
    expect(writes.latest(['a'])).toBe(30);
    expect(writes.latest(['b', 'c'])).toBe(20);
    expect(writes.latest(['a', 'b'])).toBe(30);
    expect(writes.latest(['c'])).toBe(-Infinity);
  });

  it('are forgotten when every replica that is read from has them', () => {
    const writes = new ClientWrites(1000);
    writes.record('a', 0);
    writes.record('b', 500);
    writes.record('c', 1001);
    expect(writes.size).toBe(2);
    expect([writes.latest(['a']), writes.latest(['b'])]).toEqual([-Infinity, 500]);
  });

  it('that there is no room for count as those of everybody', () => {
    const writes = new ClientWrites(1000, 3);
    for (const [index, client] of ['a', 'b', 'c', 'd', 'e'].entries()) writes.record(client, index);
    expect(writes.size).toBe(3);
    expect(writes.latest(['a'])).toBe(1);
    expect(writes.latest(['nobody'])).toBe(1);
    expect(writes.latest(['e'])).toBe(4);
  });

  it('never make a client see less than its own, in bounded memory', () => {
    const writes = new ClientWrites(100, 16);
    const last = new Map<string, number>();
    let seed = 20_261_121;
    for (let at = 0; at < 20_000; at += 1) {
      seed = (seed * 48_271) % 2_147_483_647;
      const client = `client-${seed % 64}`;
      writes.record(client, at);
      last.set(client, at);
      expect(writes.size).toBeLessThanOrEqual(16);
      const other = `client-${(seed >> 8) % 64}`;
      const written = last.get(other) ?? -Infinity;
      if (at - written <= 100) expect(writes.latest([other])).toBeGreaterThanOrEqual(written);
    }
  });
});
