import { z } from 'zod';
import { identifier, listFields } from '@holdfast/nest/http/fields';

export const SampleThingPath = z.strictObject({
  sample_thing_id: identifier('Chosen by whoever creates it.'),
});

export const CreateSampleThing = z
  .strictObject({ text: z.string().max(65_536).meta({ description: 'Any text.' }) })
  .meta({ id: 'CreateSampleThingRequest' });

export const ListSampleThings = z.strictObject(listFields);
