import { Controller, HttpCode, Param, Post } from '@nestjs/common';
import type { z } from 'zod';
import { RequiresScope } from '@holdfast/nest/auth/access';
import { Operation, StoreRoutes } from '@holdfast/nest/http/operation';
import { MediaFiles } from '../files/media-files.js';
import { SlotPath } from '../ingest/ingest.requests.js';
import { ReasonError } from '../media.reasons.js';
import { MediaObjectRepository } from '../objects/media-object.repository.js';
import { SlotRepository } from '../slots/slot.repository.js';
import { expiredFiles } from './cleanup.js';
import * as descriptions from './cleanup.openapi.js';
import { mediaTags } from '../media.tags.js';

/** Of one request: removed within some seconds, also in a bucket. */
const MOST_BATCHES = 10;

@StoreRoutes(mediaTags.slots)
@Controller('api/slots')
@RequiresScope('media:admin')
export class CleanupController {
  constructor(
    private readonly slots: SlotRepository,
    private readonly objects: MediaObjectRepository,
    private readonly files: MediaFiles,
  ) {}

  @Post(':slot_id/cleanup')
  @HttpCode(200)
  @Operation(descriptions.cleanUp)
  async cleanUp(
    @Param({ schema: SlotPath }) { slot_id: slotId }: z.output<typeof SlotPath>,
  ): Promise<z.output<ReturnType<typeof descriptions.CleanupBody>>> {
    if (!(await this.slots.find(slotId))) throw new ReasonError('SLOT_NOT_FOUND');
    let removed = 0;
    let bytes = 0;
    let count = 0;
    const { objects, files } = this;
    for await (const batch of expiredFiles({ objects, files }, slotId)) {
      removed += batch.files;
      bytes += batch.bytes;
      count += 1;
      if (count === MOST_BATCHES) return { removed, bytes, is_complete: false };
    }
    return { removed, bytes, is_complete: true };
  }
}
