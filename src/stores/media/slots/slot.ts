import type { RecordOf } from '@holdfast/postgres/entities/define-entity';
import type { SlotEntity } from './slot.entity.js';

export const OPERATIONS = ['image_edit', 'style_transfer', 'identity_transfer'] as const;

/** What a slot has done to a photo. */
export type OperationKind = (typeof OPERATIONS)[number];

/** A place that takes photos in: which driver changes them, and how. */
export type Slot = RecordOf<typeof SlotEntity>;
