import { z } from 'zod';
import { numberWithin } from '@holdfast/nest/http/fields';

/** Of one slot: some ten thousand words. */
const PROMPT_LENGTH = 8000;

const RATIOS = ['1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9'] as const;

/** What a slot of the Gemini driver may say. */
export const GeminiSettings = z.strictObject({
  /** What is to be done to the photo. */
  prompt: z.string().trim().min(1).max(PROMPT_LENGTH),
  /** As Gemini names it, without `models/`. */
  model: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{0,63}$/)
    .default('gemini-2.5-flash-image'),
  /** Of the answer; by default that of the photo. */
  aspect_ratio: z.enum(RATIOS).exactOptional(),
  /** Of the answer, where the model knows several. */
  image_size: z.enum(['1K', '2K', '4K']).exactOptional(),
  temperature: numberWithin(0, 2).exactOptional(),
});

export type GeminiSettings = z.infer<typeof GeminiSettings>;
