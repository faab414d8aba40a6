import { z } from 'zod';
import type { JsonValue } from '@holdfast/core/json';
import { wholeWithin } from '@holdfast/nest/http/fields';
import type { JsonFields } from '../json-fields.js';
import { OPERATIONS } from './slot.js';

/** As long as the identifier of a slot may be. */
const SLOT_ID_LENGTH = 32;

export const SlotPath = z.strictObject({
  slot_id: z.string().min(1).max(SLOT_ID_LENGTH).meta({ description: "The slot's identifier." }),
});

const isObject = (value: unknown) =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const PutSlot = z
  .strictObject({
    version: z.int().min(1).meta({ description: 'The version that was read.' }),
    display_name: z.string().trim().min(1).max(128).exactOptional(),
    provider: z
      .string()
      .min(1)
      .max(SLOT_ID_LENGTH)
      .nullable()
      .exactOptional()
      .meta({ description: 'Name of a driver, or null for none.' }),
    operation: z.enum(OPERATIONS).exactOptional(),
    settings_json: z
      .custom<JsonFields & JsonValue>(isObject, 'is no JSON object')
      .exactOptional()
      .meta({ type: 'object', description: 'Judged by the driver, and stored with its defaults.' }),
    size_limit_mb: wholeWithin(1, 2048).exactOptional(),
    is_active: z.boolean().exactOptional(),
  })
  .meta({ id: 'PutSlotRequest' });
