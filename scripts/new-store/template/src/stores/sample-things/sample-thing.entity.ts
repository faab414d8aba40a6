import { identifier, instant, primary, text } from '@holdfast/postgres/entities/column';
import { defineEntity } from '@holdfast/postgres/entities/define-entity';

export const SampleThingEntity = defineEntity('sample_things', {
  sampleThingId: primary(identifier()),
  text: text(),
  createdAt: instant(),
});
