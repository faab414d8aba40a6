import { describe, expect, it } from '@jest/globals';
import { firstSlots } from '../../../src/stores/media/slots/first-slots.js';
import type { Slot } from '../../../src/stores/media/slots/slot.js';
import type { Current } from '../contract.js';
import type { MediaPorts } from './media.ports.js';
import { after, newSlot, NOON, withSlots } from './media.records.js';

const REPLICAS = 5;

export function slotCases(ports: Current<MediaPorts>): void {
  describe('slots', () => {
    it('are fifteen at first, in the order of their identifiers', async () => {
      const { slots } = await withSlots(ports());
      const all = await slots.list();
      expect(all).toEqual(firstSlots(NOON));
      expect(all).toHaveLength(15);
      expect(all.at(0)).toMatchObject({ id: 'slot-001', displayName: 'Slot 01', sizeLimitMb: 50 });
      expect(all.at(-1)).toMatchObject({ id: 'slot-015', displayName: 'Slot 15', version: 1 });
    });

    it('are made by one of the replicas that start at once', async () => {
      const { slots } = ports();
      // Of each replica its own: those of two would not fit together.
      const given = Array.from({ length: REPLICAS }, (_, index) => firstSlots(after(index)));
      await Promise.all(given.map((each) => slots.makeFirst(each)));
      const made = await slots.list();
      expect(given).toContainEqual(made);
    });

    it('are left alone where there are any', async () => {
      const { slots } = ports();
      await slots.makeFirst([newSlot({ id: 'mine' })]);
      await slots.makeFirst(firstSlots(NOON));
      expect(await slots.list()).toEqual([newSlot({ id: 'mine' })]);
    });

    it('are found by every byte of their identifiers', async () => {
      const { slots } = ports();
      await slots.makeFirst([newSlot({ id: 'Slot' }), newSlot({ id: 'slot' })]);
      expect((await slots.find('Slot'))?.id).toBe('Slot');
      expect((await slots.find('slot'))?.id).toBe('slot');
      expect(await slots.find('SLOT')).toBeNull();
      expect(await slots.find('slot%')).toBeNull();
    });

    it('come back as they were written, but for when they were made', async () => {
      const { slots } = await withSlots(ports());
      const next: Slot = newSlot({
        displayName: 'Für 漢字 "\'\\ \u{1F600}',
        provider: 'gemini',
        operation: 'style_transfer',
        settingsJson: { z: 1, a: [null, { b: 0.1 }], '': 'x' },
        sizeLimitMb: 2048,
        isActive: true,
        version: 2,
        updatedBy: 'ada',
        updatedAt: after(1),
      });
      expect(await slots.replace({ ...next, createdAt: after(9) }, 1)).toBe(true);
      const found = await slots.find(next.id);
      expect(found).toEqual(next);
      expect(JSON.stringify(found?.settingsJson)).toBe(JSON.stringify(next.settingsJson));
      expect((await slots.list()).filter(({ version }) => version === 2)).toEqual([next]);
    });

    it('are changed by whoever has seen the last change, and by nobody else', async () => {
      const { slots } = await withSlots(ports());
      const writers = Array.from({ length: 12 }, (_, index) =>
        newSlot({ version: 2, displayName: `writer ${index}` }),
      );
      const outcomes = await Promise.all(writers.map((slot) => slots.replace(slot, 1)));
      expect(outcomes.filter(Boolean)).toHaveLength(1);
      expect(await slots.find('slot-001')).toEqual(writers[outcomes.indexOf(true)]);
      expect(await slots.replace(newSlot({ version: 3 }), 1)).toBe(false);
      expect(await slots.replace(newSlot({ version: 3 }), 2)).toBe(true);
    });

    it('that are not there are not made by a change', async () => {
      const { slots } = ports();
      expect(await slots.replace(newSlot({ version: 2 }), 1)).toBe(false);
      expect(await slots.list()).toEqual([]);
    });
  });
}
