import { z } from 'zod';
import { identifier } from '@holdfast/nest/http/fields';

export const TemplatePath = z.strictObject({
  template_id: identifier("The template's identifier."),
});
