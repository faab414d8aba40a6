import { Controller, HttpCode, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import { RequiresScope } from '@holdfast/nest/auth/access';
import { Operation, type OperationDescription, StoreRoutes } from '@holdfast/nest/http/operation';
import { MediaFiles } from '../files/media-files.js';
import { SlotPath } from '../ingest/ingest.requests.js';
import { ReasonError } from '../media.reasons.js';
import { MediaObjectRepository } from '../objects/media-object.repository.js';
import { SlotRepository } from '../slots/slot.repository.js';
import { expiredFiles } from './cleanup.js';
import { mediaTags } from '../media.tags.js';

/** Of one request: removed within some seconds, also in a bucket. */
const MOST_BATCHES = 10;

const CleanupBody = z
  .strictObject({
    removed: z.int().min(0).meta({ description: 'Files that had expired.' }),
    bytes: z.int().min(0),
    is_complete: z.boolean().meta({ description: 'False when there are more: ask again.' }),
  })
  .meta({ id: 'SlotCleanup' });

const description: OperationDescription = {
  summary: 'Removes the expired files of a slot now',
  returns: {
    200: {
      description: 'What was removed.',
      schema: CleanupBody,
      example: { removed: 12, bytes: 48_211_034, is_complete: true },
    },
  },
  errors: ['SLOT_NOT_FOUND', 'MEDIA_FILES_UNAVAILABLE'],
};

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
  @Operation(description)
  async cleanUp(
    @Param({ schema: SlotPath }) { slot_id: slotId }: z.output<typeof SlotPath>,
  ): Promise<z.output<typeof CleanupBody>> {
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
