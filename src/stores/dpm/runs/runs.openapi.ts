import type { OperationDescription } from '@holdfast/nest/http/operation';
import * as examples from './runs.examples.js';
import * as responses from './runs.responses.js';
import '../dpm.reasons.js';

const one = {
  200: { description: 'The run.', schema: responses.RunBody, example: examples.runExample },
};

export const record: OperationDescription = {
  summary: 'Record a run',
  description:
    'With an Idempotency-Key the same body answers the same run with 200; another body, 409. Every use of a key that names a run is kept in its history.',
  headers: [
    {
      name: 'Idempotency-Key',
      description:
        '1 to 255 visible ASCII characters; names this request for as long as the run is kept. Counts apart from the keys of other routes.',
      required: false,
      example: 'rebalance-0001',
    },
  ],
  example: examples.recordExample,
  returns: {
    201: {
      description: 'Recorded.',
      schema: responses.RunBody,
      example: examples.runExample,
      headers: { Location: 'Where the run is.' },
    },
    200: {
      description: 'Recorded before under this key.',
      schema: responses.RunBody,
      example: examples.runExample,
      headers: { 'Idempotency-Replayed': 'Always true.' },
    },
  },
  errors: [
    'IDEMPOTENCY_KEY_INVALID',
    'IDEMPOTENCY_KEY_CONFLICT',
    'RUN_EXISTS',
    'CORRELATION_ID_TAKEN',
    'DOCUMENT_TOO_LARGE',
  ],
};

export const list: OperationDescription = {
  summary: 'List runs, newest first, without their results',
  description:
    'created_from is inclusive, created_to exclusive. Follow next_cursor until it is null; runs recorded meanwhile do not disturb the pages.',
  returns: {
    200: {
      description: 'One page.',
      schema: responses.RunPageBody,
      example: { items: [examples.summaryExample], next_cursor: null },
    },
  },
  errors: ['CURSOR_INVALID'],
};

export const get: OperationDescription = {
  summary: 'Get a run',
  description: 'With its result, as it was recorded.',
  returns: one,
  errors: ['RUN_NOT_FOUND'],
};

export const byCorrelation = {
  summary: 'Get the run of a correlation id',
  description: 'A correlation id names one run.',
  returns: one,
  errors: ['RUN_NOT_FOUND'],
  formerPaths: ['by-correlation/:correlation_id'],
} satisfies OperationDescription;

export const byRequestHash = {
  summary: 'Get the newest run of a request hash',
  description: 'GET /rebalance/runs?request_hash= lists all of them.',
  returns: one,
  errors: ['RUN_NOT_FOUND'],
  formerPaths: ['by-request-hash/:request_hash'],
} satisfies OperationDescription;

export const byKey = {
  summary: 'Get the run that an Idempotency-Key names',
  description: 'The run that the first request with this key has recorded.',
  returns: one,
  errors: ['IDEMPOTENCY_KEY_NOT_FOUND'],
  formerPaths: ['idempotency/:idempotency_key'],
} satisfies OperationDescription;

export const keyHistory = {
  summary: 'List the uses of an Idempotency-Key, oldest first',
  description:
    'Uses that were refused before a run was recorded are not among them. Follow next_cursor until it is null.',
  returns: {
    200: {
      description: 'One page: up to limit and to 2 MiB.',
      schema: responses.KeyHistoryBody,
      example: examples.keyHistoryExample,
    },
  },
  errors: ['IDEMPOTENCY_KEY_NOT_FOUND', 'CURSOR_INVALID'],
  formerPaths: ['idempotency/:idempotency_key/history'],
} satisfies OperationDescription;

export const artifact: OperationDescription = {
  summary: 'Get the artifact of a run',
  description: 'Derived from the run alone: it is the same document each time, with its hashes.',
  returns: {
    200: {
      description: 'The artifact.',
      schema: responses.ArtifactBody,
      example: examples.artifactExample,
    },
  },
  errors: ['RUN_NOT_FOUND'],
};
