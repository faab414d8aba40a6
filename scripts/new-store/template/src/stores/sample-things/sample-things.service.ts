import { Inject, Injectable } from '@nestjs/common';
import type { CreatedRange } from '@holdfast/core/instant';
import { type Page, type Position, readPage } from '@holdfast/core/page';
import type { Settings } from '@holdfast/guard/settings';
import { valuesOf } from '@holdfast/guard/values-of';
import { SETTINGS } from '@holdfast/nest/settings.module';
import { positionOf, type SampleThing } from './sample-thing.js';
import { type Creation, SampleThingRepository } from './sample-thing.repository.js';
import { ReasonError } from './sample-things.reasons.js';
import { sampleThingsVariables } from './sample-things.variables.js';

@Injectable()
export class SampleThingsService {
  constructor(
    private readonly repository: SampleThingRepository,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /**
   * Creates; the same once more is found as it was created.
   * @throws SAMPLE_THING_EXISTS, SAMPLE_THING_TOO_LONG
   */
  async create(sampleThingId: string, text: string): Promise<Creation> {
    const values = valuesOf(this.settings, sampleThingsVariables);
    if (text.length > values.SAMPLE_THINGS_MOST_CHARACTERS) {
      throw new ReasonError('SAMPLE_THING_TOO_LONG');
    }
    const createdAt = new Date().toISOString();
    const creation = await this.repository.create({ sampleThingId, text, createdAt });
    if (creation.outcome === 'conflict') throw new ReasonError('SAMPLE_THING_EXISTS');
    return creation;
  }

  /** @throws SAMPLE_THING_NOT_FOUND */
  async get(sampleThingId: string): Promise<SampleThing> {
    const record = await this.repository.find(sampleThingId);
    if (!record) throw new ReasonError('SAMPLE_THING_NOT_FOUND');
    return record;
  }

  list(range: CreatedRange, limit: number, after?: Position): Promise<Page<SampleThing>> {
    return readPage(limit, after, (...page) => this.repository.list(range, ...page), positionOf);
  }
}
