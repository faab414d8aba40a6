import { describe, expect, it } from '@jest/globals';
import type { StoredTemplate } from '../../../src/stores/media/templates/template.repository.js';
import type { Current } from '../contract.js';
import { newId } from '../new-id.js';
import type { MediaPorts } from './media.ports.js';
import { after, newObject, NOON, OTHER_SLOT, SLOT, withSlots } from './media.records.js';

function newTemplate(createdAt = NOON, slotId = SLOT): StoredTemplate {
  const object = newObject(null, { slotId });
  const template = {
    ...{ id: newId('template'), slotId, mediaKind: 'style', mediaObjectId: object.id },
    ...{ createdAt, updatedAt: createdAt },
  };
  return { template, object };
}

export function templateCases(ports: Current<MediaPorts>): void {
  describe('templates', () => {
    it('are those of their slot, in the order in which they were added', async () => {
      const { templates } = await withSlots(ports());
      const [late, early, other] = [
        newTemplate(after(2)),
        newTemplate(after(1)),
        newTemplate(after(0), OTHER_SLOT),
      ];
      for (const each of [late, early, other]) await templates.add(each);
      expect(await templates.ofSlot(SLOT)).toEqual([early, late]);
      expect(await templates.ofSlot(OTHER_SLOT)).toEqual([other]);
      expect(await templates.ofSlot('slot-003')).toEqual([]);
      expect(await templates.find(late.template.id)).toEqual(late);
      expect(await templates.find('template')).toBeNull();
    });

    it('are added with their file, or not at all', async () => {
      const { templates, objects } = await withSlots(ports());
      const first = newTemplate();
      await templates.add(first);
      const second = newTemplate();
      const same = { ...second, template: { ...second.template, id: first.template.id } };
      await expect(templates.add(same)).rejects.toThrow();
      expect(await objects.find(second.object.id)).toBeNull();
      const lost = newTemplate(NOON, 'nowhere');
      await expect(templates.add(lost)).rejects.toThrow();
      expect(await templates.find(lost.template.id)).toBeNull();
    });

    it('go once, and their file is marked as cleaned', async () => {
      const { templates, objects } = await withSlots(ports());
      const stored = newTemplate();
      await templates.add(stored);
      const { id } = stored.template;
      const gone = { ...stored, object: { ...stored.object, cleanedAt: after(5) } };
      const outcomes = await Promise.all(
        Array.from({ length: 6 }, () => templates.remove(id, after(5))),
      );
      expect(outcomes.filter((each) => each !== null)).toEqual([gone]);
      expect(await templates.remove(id, after(6))).toBeNull();
      expect(await templates.ofSlot(SLOT)).toEqual([]);
      expect(await objects.find(stored.object.id)).toEqual(gone.object);
    });
  });
}
