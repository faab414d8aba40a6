import type { CreatedRange } from '@holdfast/core/instant';
import type { Position } from '@holdfast/core/page';
import type { SampleThing } from './sample-thing.js';

/** What became of a creation, and the record that is there now. */
export interface Creation {
  /** `replayed`: the same was there already; `conflict`: another one has the identifier. */
  readonly outcome: 'created' | 'replayed' | 'conflict';
  readonly record: SampleThing;
}

/** The port of the store. Every method is atomic; what a write acknowledges is durable. */
export abstract class SampleThingRepository {
  /** Stores a record whose identifier is free. */
  abstract create(record: SampleThing): Promise<Creation>;

  abstract find(sampleThingId: string): Promise<SampleThing | null>;

  /** Newest first, then by identifier, both descending. */
  abstract list(
    range: CreatedRange,
    limit: number,
    after?: Position,
  ): Promise<readonly SampleThing[]>;
}
