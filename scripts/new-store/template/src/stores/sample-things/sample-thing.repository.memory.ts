import { type CreatedRange, isWithin } from '@holdfast/core/instant';
import { newestFirst, type Position } from '@holdfast/core/page';
import { isSame, positionOf, type SampleThing } from './sample-thing.js';
import { type Creation, SampleThingRepository } from './sample-thing.repository.js';

/** For development and tests: gone with the process. Records are copied in and out. */
export class MemorySampleThingRepository extends SampleThingRepository {
  readonly #records = new Map<string, SampleThing>();

  async create(record: SampleThing): Promise<Creation> {
    await Promise.resolve();
    const there = this.#records.get(record.sampleThingId);
    if (there) {
      const outcome = isSame(there, record) ? 'replayed' : 'conflict';
      return { outcome, record: structuredClone(there) };
    }
    this.#records.set(record.sampleThingId, structuredClone(record));
    return { outcome: 'created', record };
  }

  async find(sampleThingId: string): Promise<SampleThing | null> {
    await Promise.resolve();
    return structuredClone(this.#records.get(sampleThingId) ?? null);
  }

  async list(
    range: CreatedRange,
    limit: number,
    after?: Position,
  ): Promise<readonly SampleThing[]> {
    await Promise.resolve();
    return structuredClone(
      [...this.#records.values()]
        .filter(({ createdAt }) => isWithin(createdAt, range))
        .filter((record) => !after || newestFirst(after, positionOf(record)) < 0)
        .sort((one, other) => newestFirst(positionOf(one), positionOf(other)))
        .slice(0, limit),
    );
  }
}
