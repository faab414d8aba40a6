import { z } from 'zod';
import { numberWithin, wholeWithin } from '@holdfast/nest/http/fields';

const PROMPT_LENGTH = 2000;

/** What a slot of the Turbotext driver may say. */
export const TurbotextSettings = z.strictObject({
  /** What is to be done to the photo; exchanging faces takes none. */
  prompt: z.string().trim().min(1).max(PROMPT_LENGTH).exactOptional(),
  /** How much of the photo is changed by `image_edit`, in percent. */
  strength: wholeWithin(0, 80).exactOptional(),
  /** How closely `image_edit` keeps to the prompt. */
  scale: numberWithin(0.1, 20).exactOptional(),
  /** The same seed gives the same image of the same photo. */
  seed: wholeWithin(1, 10_000_000_000).exactOptional(),
  negative_prompt: z.string().trim().max(PROMPT_LENGTH).exactOptional(),
  /** Language of the prompt, as of two letters. */
  original_language: z
    .string()
    .regex(/^[a-z]{2}$/)
    .exactOptional(),
  /** Whether an exchanged face is touched up. */
  face_restore: z.boolean().exactOptional(),
});

export type TurbotextSettings = z.infer<typeof TurbotextSettings>;
