import { z } from 'zod';
import { OPERATIONS } from '../slots/slot.js';

export const SlotPath = z.strictObject({
  slot_id: z.string().meta({ example: 'slot-001' }),
});

const file = z.string().meta({ format: 'binary', description: 'JPEG, PNG or WebP.' });

/** The form of a photo; read by `readMultipart`, described here. */
export const PhotoForm = z.object({
  password: z.string().meta({
    description: 'Of those who send photos. Sent first, it is judged before the file is read.',
  }),
  file: file.optional(),
  fileToUpload: file.optional().meta({ description: 'Another name of `file`.' }),
  hash_hex: z
    .string()
    .regex(/^[\da-fA-F]{64}$/)
    .optional()
    .meta({ description: 'SHA-256 of the file, which is compared with what arrives.' }),
});

/** The form of a test run. */
export const TestRunForm = z.object({
  settings: z.string().optional().meta({
    description: "A JSON object, judged by the provider's schema; by default the slot's.",
  }),
  provider: z.string().optional().meta({ description: "By default the slot's." }),
  operation: z.enum(OPERATIONS).optional(),
  file: file.optional(),
  fileToUpload: file.optional(),
});
