import { identifier, instant, primary, text } from '@holdfast/postgres/entities/column';
import { defineEntity } from '@holdfast/postgres/entities/define-entity';

export const TemplateEntity = defineEntity(
  'slot_template_media',
  {
    id: primary(identifier()),
    slotId: identifier(),
    /** What the template is to the driver, such as `style` or `face`. */
    mediaKind: text(),
    mediaObjectId: identifier(),
    createdAt: instant(),
    updatedAt: instant(),
  },
  { uniques: [{ columns: ['mediaObjectId'] }] },
);
