import { describe, expect, it } from '@jest/globals';
import type { LineageRepository } from '../../../../src/stores/dpm/lineage/lineage.repository.js';
import type { Current } from '../../contract.js';
import { edge } from './edge.drafts.js';

const [BEFORE, AT, AFTER] = [
  '2026-11-21T11:59:59.999Z',
  '2026-11-21T12:00:00.000Z',
  '2026-11-21T12:00:00.001Z',
] as const;
const LATER = '2027-01-01T00:00:00.000Z';

/** What expires. */
export function retentionCases(lineage: Current<LineageRepository>): void {
  const appended = async (createdAt: string, target: string, edgeId = target) => {
    const made = edge('a', target, { createdAt, edgeId });
    expect(await lineage().append(made)).toBeNull();
    return made;
  };
  const left = async () =>
    (await lineage().edgesOf('a', 'both', 1000)).map(({ target }) => target).toSorted();

  describe('purge', () => {
    it('takes what was appended before the instant, and not what was appended at it', async () => {
      await appended(BEFORE, 'before');
      await appended(AT, 'at');
      await appended(AFTER, 'after');
      expect(await lineage().countExpired(AT)).toBe(1);
      expect(await lineage().purge(AT, 10)).toBe(1);
      expect(await left()).toEqual(['after', 'at']);
      expect(await lineage().countExpired(AT)).toBe(0);
      expect(await lineage().purge(AT, 10)).toBe(0);
      expect(await lineage().countExpired(LATER)).toBe(2);
    });

    it('takes the oldest first, by identifier at equal times, and no more than the limit', async () => {
      await appended(AFTER, 'a');
      await appended(AT, 'c');
      await appended(AT, 'B');
      await appended(BEFORE, 'd');
      expect(await lineage().countExpired(LATER)).toBe(4);
      expect(await lineage().purge(LATER, 2)).toBe(2);
      expect(await left()).toEqual(['a', 'c']);
      expect(await lineage().purge(LATER, 1)).toBe(1);
      expect(await left()).toEqual(['a']);
      expect(await lineage().purge(LATER, 2)).toBe(1);
      expect(await left()).toEqual([]);
    });

    it('makes room for the same edge again', async () => {
      const made = await appended(AT, 'b');
      expect(await lineage().purge(LATER, 10)).toBe(1);
      expect(await lineage().walk('a', 'both', 3, 10)).toEqual([]);
      expect(await lineage().append(made)).toBeNull();
      expect(await left()).toEqual(['b']);
    });

    it('by many at once takes each once, while others write the same edges again', async () => {
      for (let index = 0; index < 40; index += 1) await appended(AT, `b${index}`);
      const [purged, again] = await Promise.all([
        Promise.all(Array.from({ length: 12 }, (_, index) => lineage().purge(AFTER, index + 1))),
        Promise.all(
          Array.from({ length: 40 }, (_, index) =>
            lineage().append(edge('a', `b${index}`, { createdAt: LATER })),
          ),
        ),
      ]);
      expect(purged.every((count, index) => count <= index + 1)).toBe(true);
      expect(purged.reduce((sum, count) => sum + count, 0)).toBe(40);
      expect(await lineage().countExpired(AFTER)).toBe(0);
      expect(await left()).toHaveLength(again.filter((stored) => stored === null).length);
    });
  });
}
