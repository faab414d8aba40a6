import '../media.reasons.js';
import type { OperationDescription } from '@holdfast/nest/http/operation';
import { withIdempotencyKey } from '../../keyed-requests.openapi.js';
import * as examples from './slots.examples.js';
import * as responses from './slots.responses.js';
import * as stats from '../stats/stats.responses.js';

export const list: OperationDescription = {
  summary: 'List the slots',
  description: 'All of them, by identifier; there are fifteen at first.',
  returns: {
    200: {
      description: 'The slots.',
      schema: responses.SlotListBody,
      example: { items: [examples.summaryExample] },
    },
  },
};

export const get: OperationDescription = {
  summary: 'Get a slot',
  description: 'With its template images.',
  returns: {
    200: { description: 'The slot.', schema: responses.SlotBody, example: examples.slotExample },
  },
  errors: ['SLOT_NOT_FOUND'],
};

export const put: OperationDescription = {
  summary: 'Change a slot',
  description:
    'Only with the version that was read; what is absent stays as it is. The settings are judged by the driver, and a slot that takes photos in needs a provider.',
  example: examples.putExample,
  returns: {
    200: {
      description: 'The slot as it is now.',
      schema: responses.SlotBody,
      example: examples.slotExample,
    },
  },
  errors: ['SLOT_NOT_FOUND', 'STATE_CONFLICT'],
};

export const resetStats = withIdempotencyKey({
  summary: 'Let the statistics of a slot begin anew',
  description:
    'Jobs that have been started before count no more in GET /api/stats/slots. Takes no body.',
  returns: {
    200: {
      description: 'Since when jobs count.',
      schema: stats.StatsSinceBody,
      example: { slot_id: 'slot-001', stats_since: '2026-11-21T12:00:00.000Z' },
    },
  },
  errors: ['SLOT_NOT_FOUND', 'RECORD_CONTENDED'],
});
