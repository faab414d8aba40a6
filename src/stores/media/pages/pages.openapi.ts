import { z } from 'zod';
import { lazySchema } from '@holdfast/nest/http/lazy-schema';
import type { OperationDescription } from '@holdfast/nest/http/operation';
import '../media.reasons.js';

const markup = lazySchema(() => z.string());

function page(
  summary: string,
  description: string,
  errors: OperationDescription['errors'] = [],
): OperationDescription {
  return {
    summary,
    description,
    returns: {
      200: {
        description: 'The page.',
        mediaType: 'text/html',
        schema: markup,
        example: '<!doctype html>',
      },
    },
    errors,
  };
}

export const list = page('The page of all slots', 'For a browser: how each slot is set up.');

export const slot = page(
  'The page of one slot',
  'For a browser: its set-up, its templates, a try, and its last results.',
  ['SLOT_NOT_FOUND'],
);

export const settings = page(
  'The page of the settings',
  'For a browser: what holds for all slots; secrets are written there, and never shown.',
);

export const stats = page(
  'The page of the statistics',
  'For a browser: how jobs ended over time and by slot, and the last failures.',
);

export const gallery = page(
  'The gallery of a slot',
  'For everybody: the last results of a slot that takes photos in, without those that operators have tried.',
  ['SLOT_NOT_FOUND'],
);
