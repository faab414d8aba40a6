import { describe, expect, it } from '@jest/globals';
import type { MediaObject } from '../../../src/stores/media/objects/media-object.js';
import type { Current } from '../contract.js';
import type { MediaPorts } from './media.ports.js';
import { after, begun, newObject, NOON, OTHER_SLOT, withSlots } from './media.records.js';

export function mediaObjectCases(ports: Current<MediaPorts>): void {
  /** Files of a job, that expire so many milliseconds after noon. */
  const expiring = async (
    all: MediaPorts,
    milliseconds: readonly number[],
    changes: Partial<MediaObject> = {},
  ): Promise<readonly MediaObject[]> => {
    const { id } = await begun(all);
    const objects = milliseconds.map((each) =>
      newObject(id, { scope: 'temp', expiresAt: after(each), ...changes }),
    );
    for (const object of objects) await all.objects.add(object);
    return objects;
  };

  describe('rows of files', () => {
    it('come back as they were added', async () => {
      const all = await withSlots(ports());
      const { id } = await begun(all);
      const object = newObject(id, { bytes: 5_000_000_000, contentType: 'image/webp' });
      await all.objects.add(object);
      expect(await all.objects.find(object.id)).toEqual(object);
      expect(await all.objects.resultOf(id)).toEqual(object);
      expect(await all.objects.find('object')).toBeNull();
      expect(await all.objects.resultOf('job')).toBeNull();
    });

    it('need a slot, a job unless they are templates, and a name that no other file has', async () => {
      const all = await withSlots(ports());
      const { id } = await begun(all);
      const first = newObject(id);
      await all.objects.add(first);
      for (const bad of [
        newObject(id, { path: first.path }),
        newObject(id, { id: first.id }),
        newObject(id, { slotId: 'nowhere' }),
        newObject('nowhere'),
        newObject(null, { scope: 'temp' }),
        newObject(id, { scope: 'template' }),
      ]) {
        await expect(all.objects.add(bad)).rejects.toThrow();
      }
      await all.objects.markCleaned([first.id], NOON);
      const second = newObject(id, { path: first.path });
      await all.objects.add(second);
      expect(await all.objects.liveAfter(null, 10)).toEqual([second]);
    });

    it('that have expired are marked once, what expired first before all others', async () => {
      const all = await withSlots(ports());
      const [c, a, b] = await expiring(all, [3, 1, 2]);
      const [later] = await expiring(all, [5]);
      const { id } = await begun(all);
      const template = newObject(null);
      await all.objects.add(template);
      const stays = newObject(id, { expiresAt: null });
      await all.objects.add(stays);
      const marked = (object: MediaObject | undefined) => ({ ...object, cleanedAt: after(4) });
      expect(await all.objects.countExpired(after(4))).toEqual({ rows: 3, bytes: 3000 });
      expect(await all.objects.markExpired(after(4), 2)).toEqual([marked(a), marked(b)]);
      expect(await all.objects.find(a?.id ?? '')).toEqual(marked(a));
      expect(await all.objects.countExpired(after(4))).toEqual({ rows: 1, bytes: 1000 });
      expect(await all.objects.markExpired(after(4), 2)).toEqual([marked(c)]);
      expect(await all.objects.markExpired(after(4), 2)).toEqual([]);
      expect(await all.objects.countExpired(after(4))).toEqual({ rows: 0, bytes: 0 });
      // It ends at that very moment.
      expect(await all.objects.countExpired(after(5))).toEqual({ rows: 1, bytes: 1000 });
      expect(await all.objects.find(later?.id ?? '')).toEqual(later);
      expect(await all.objects.find(template.id)).toEqual(template);
      expect(await all.objects.find(stays.id)).toEqual(stays);
    });

    it('of one slot are marked without those of others', async () => {
      const all = await withSlots(ports());
      await expiring(all, [1, 2]);
      const [mine] = await expiring(all, [3], { slotId: OTHER_SLOT });
      expect(await all.objects.countExpired(after(9), OTHER_SLOT)).toEqual({
        rows: 1,
        bytes: 1000,
      });
      const marked = await all.objects.markExpired(after(9), 10, OTHER_SLOT);
      expect(marked.map(({ id }) => id)).toEqual([mine?.id]);
      expect(await all.objects.countExpired(after(9))).toEqual({ rows: 2, bytes: 2000 });
    });

    it('are each marked by one of the cleaners that are at work', async () => {
      const all = await withSlots(ports());
      const objects = await expiring(
        all,
        Array.from({ length: 40 }, (_, index) => index % 5),
      );
      const clean = async () => {
        const marked: string[] = [];
        for (;;) {
          const found = await all.objects.markExpired(after(9), 3);
          if (found.length === 0) return marked;
          marked.push(...found.map(({ id }) => id));
        }
      };
      const marked = (await Promise.all([clean(), clean()])).flat();
      // What one has locked is left to it.
      marked.push(...(await clean()));
      expect(marked.toSorted()).toEqual(objects.map(({ id }) => id).toSorted());
    });

    it('are marked by name once, whoever else does it', async () => {
      const all = await withSlots(ports());
      const objects = await expiring(all, [1, 2, 3, 4]);
      const ids = objects.map(({ id }) => id);
      const counts = await Promise.all([
        all.objects.markCleaned([...ids, 'nobody'], NOON),
        all.objects.markCleaned(ids.toReversed(), NOON),
        all.objects.markCleaned(ids.slice(1, 3), NOON),
      ]);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(4);
      expect(await all.objects.markCleaned([], NOON)).toBe(0);
      expect(await all.objects.liveAfter(null, 10)).toEqual([]);
    });

    it('that are not cleaned are found by their names, and listed by them', async () => {
      const all = await withSlots(ports());
      const { id } = await begun(all);
      const paths = ['temp/b', 'temp/a', 'result/z', 'Temp/a', 'temp/a/b'];
      const objects = paths.map((path) => newObject(id, { scope: 'temp', path }));
      for (const object of objects) await all.objects.add(object);
      await all.objects.markCleaned([objects[0]?.id ?? ''], NOON);
      const live = await all.objects.liveAmong(['temp/a', 'temp/b', 'nothing', 'Temp/a']);
      expect([...live].toSorted()).toEqual(['Temp/a', 'temp/a']);
      expect([...(await all.objects.liveAmong([]))]).toEqual([]);

      const listed: string[] = [];
      for (let last: string | null = null; ;) {
        const page: readonly MediaObject[] = await all.objects.liveAfter(last, 2);
        if (page.length === 0) break;
        listed.push(...page.map(({ path }) => path));
        last = page.at(-1)?.path ?? null;
      }
      expect(listed).toEqual(['Temp/a', 'result/z', 'temp/a', 'temp/a/b']);
    });

    it('are summed by what they are for', async () => {
      const all = await withSlots(ports());
      const none = { temp: 0, provider: 0, result: 0, template: 0 };
      expect(await all.objects.bytesByScope()).toEqual(none);
      await expiring(all, [1, 2], { bytes: 3_000_000_000 });
      const [gone] = await expiring(all, [3], { scope: 'provider' });
      await all.objects.add(newObject(null, { bytes: 7 }));
      const sums = { ...none, temp: 6_000_000_000, provider: 1000, template: 7 };
      expect(await all.objects.bytesByScope()).toEqual(sums);
      await all.objects.markCleaned([gone?.id ?? ''], NOON);
      expect(await all.objects.bytesByScope()).toEqual({ ...sums, provider: 0 });
    });
  });
}
