import { z } from 'zod';
import { lazySchema } from '@holdfast/nest/http/lazy-schema';
import type { StoredTemplate } from '../templates/template.repository.js';
import { type Slot, OPERATIONS } from './slot.js';
import type { SlotWithTemplates } from './slots.service.js';

const time = lazySchema(() => z.iso.datetime().meta({ example: '2026-11-21T12:00:00.000Z' }));

const slotFields = lazySchema(() =>
  z.strictObject({
    id: z.string(),
    display_name: z.string(),
    provider: z.string().nullable().meta({ description: 'Name of a driver; null for none yet.' }),
    operation: z.enum(OPERATIONS),
    settings_json: z
      .record(z.string(), z.unknown())
      .meta({ description: "The driver's: its schema says what there may be." }),
    size_limit_mb: z.int().meta({ description: 'MiB that a photo for it may have.' }),
    is_active: z.boolean().meta({ description: 'Whether it takes photos in.' }),
    version: z.int().meta({ description: 'Counts the changes; a change needs the last.' }),
    updated_by: z.string().nullable(),
    created_at: time(),
    updated_at: time(),
  }),
);

export const SlotListBody = lazySchema(() =>
  z
    .strictObject({ items: z.array(slotFields().meta({ id: 'SlotSummary' })) })
    .meta({ id: 'SlotList' }),
);

export const TemplateBody = lazySchema(() =>
  z
    .strictObject({
      id: z.string(),
      slot_id: z.string(),
      media_kind: z.string().meta({ description: 'What it is to the driver, such as style.' }),
      content_type: z.string(),
      bytes: z.int(),
      sha256: z.string(),
      created_at: time(),
    })
    .meta({ id: 'TemplateMedia' }),
);

export const SlotBody = lazySchema(() =>
  slotFields()
    .extend({ templates: z.array(TemplateBody()) })
    .meta({ id: 'Slot' }),
);

export function slotSummaryBody(slot: Slot) {
  return {
    id: slot.id,
    display_name: slot.displayName,
    provider: slot.provider,
    operation: slot.operation,
    settings_json: slot.settingsJson,
    size_limit_mb: slot.sizeLimitMb,
    is_active: slot.isActive,
    version: slot.version,
    updated_by: slot.updatedBy,
    created_at: slot.createdAt,
    updated_at: slot.updatedAt,
  };
}

export function templateBody({
  template,
  object,
}: StoredTemplate): z.output<ReturnType<typeof TemplateBody>> {
  return {
    id: template.id,
    slot_id: template.slotId,
    media_kind: template.mediaKind,
    content_type: object.contentType,
    bytes: object.bytes,
    sha256: object.sha256,
    created_at: template.createdAt,
  };
}

export function slotBody({
  slot,
  templates,
}: SlotWithTemplates): z.output<ReturnType<typeof SlotBody>> {
  return { ...slotSummaryBody(slot), templates: templates.map(templateBody) };
}
