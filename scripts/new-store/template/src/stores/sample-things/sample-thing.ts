import type { Position } from '@holdfast/core/page';
import type { RecordOf } from '@holdfast/postgres/entities/define-entity';
import type { SampleThingEntity } from './sample-thing.entity.js';

/** Never changed. */
export type SampleThing = RecordOf<typeof SampleThingEntity>;

/** Whether a record that is there is what somebody wants to create, whenever that was. */
export function isSame(one: SampleThing, other: SampleThing): boolean {
  return one.sampleThingId === other.sampleThingId && one.text === other.text;
}

/** Where a record stands in a list. */
export function positionOf({ createdAt, sampleThingId }: SampleThing): Position {
  return { createdAt, id: sampleThingId };
}
