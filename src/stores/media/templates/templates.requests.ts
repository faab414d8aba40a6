import { z } from 'zod';
import { identifier } from '@holdfast/nest/http/fields';

export const TemplatePath = z.strictObject({
  template_id: identifier("The template's identifier."),
});

/** What a template is to a driver: a word of its own, such as `style`. */
export const MEDIA_KIND = /^[a-z][a-z\d_]{0,31}$/;

/** The form of a template; read by `readMultipart`, described here. */
export const TemplateForm = z.object({
  slot_id: z.string().meta({ description: 'The slot that it is for.' }),
  media_kind: z
    .string()
    .regex(MEDIA_KIND)
    .meta({ description: 'What it is to the driver, such as style.', example: 'style' }),
  file: z.string().meta({ format: 'binary', description: 'JPEG, PNG or WebP, at most 20 MiB.' }),
});
