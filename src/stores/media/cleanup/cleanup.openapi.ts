import '../media.reasons.js';
import { z } from 'zod';
import { lazySchema } from '@holdfast/nest/http/lazy-schema';
import type { OperationDescription } from '@holdfast/nest/http/operation';

export const CleanupBody = lazySchema(() =>
  z
    .strictObject({
      removed: z.int().min(0).meta({ description: 'Files that had expired.' }),
      bytes: z.int().min(0),
      is_complete: z.boolean().meta({ description: 'False when there are more: ask again.' }),
    })
    .meta({ id: 'SlotCleanup' }),
);

export const cleanUp: OperationDescription = {
  summary: 'Removes the expired files of a slot now',
  description: 'As the service does every so often; sent again, it removes what has expired since.',
  returns: {
    200: {
      description: 'What was removed.',
      schema: CleanupBody,
      example: { removed: 12, bytes: 48_211_034, is_complete: true },
    },
  },
  errors: ['SLOT_NOT_FOUND', 'MEDIA_FILES_UNAVAILABLE'],
};
