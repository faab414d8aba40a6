import { z } from 'zod';
import type { SampleThing } from './sample-thing.js';

export const SampleThingBody = z
  .strictObject({
    sample_thing_id: z.string(),
    text: z.string(),
    created_at: z.iso.datetime().meta({ example: '2026-11-21T12:00:00.000Z' }),
  })
  .meta({ id: 'SampleThing' });

export const SampleThingPageBody = z
  .strictObject({ items: z.array(SampleThingBody), next_cursor: z.string().nullable() })
  .meta({ id: 'SampleThingPage' });

export function sampleThingBody(record: SampleThing): z.output<typeof SampleThingBody> {
  return {
    sample_thing_id: record.sampleThingId,
    text: record.text,
    created_at: record.createdAt,
  };
}
