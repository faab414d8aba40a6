import './sample-things.reasons.js';
import type { OperationDescription } from '@holdfast/nest/http/operation';
import * as responses from './sample-things.responses.js';

const requestExample = { text: 'Any text.' };

const example = {
  sample_thing_id: 'sample-thing-1',
  ...requestExample,
  created_at: '2026-11-21T12:00:00.000Z',
};

export const create: OperationDescription = {
  summary: 'Create a sample thing',
  description: 'The same request may be sent again: it creates once.',
  example: requestExample,
  returns: {
    201: { description: 'Created.', schema: responses.SampleThingBody, example },
    200: { description: 'It was there already.', schema: responses.SampleThingBody, example },
  },
  errors: ['SAMPLE_THING_EXISTS', 'SAMPLE_THING_TOO_LONG'],
};

export const get: OperationDescription = {
  summary: 'Get a sample thing',
  description: 'As it was created.',
  returns: { 200: { description: 'Found.', schema: responses.SampleThingBody, example } },
  errors: ['SAMPLE_THING_NOT_FOUND'],
};

export const list: OperationDescription = {
  summary: 'List sample things, newest first',
  description:
    'created_from is inclusive, created_to exclusive. Follow next_cursor until it is null.',
  returns: {
    200: {
      description: 'One page.',
      schema: responses.SampleThingPageBody,
      example: { items: [example], next_cursor: null },
    },
  },
  errors: ['CURSOR_INVALID'],
};
