import { withIdempotencyKey } from '../../keyed-requests.openapi.js';
import type { OperationDescription } from '@holdfast/nest/http/operation';
import * as examples from './operations.examples.js';
import * as responses from './operations.responses.js';

export const create = withIdempotencyKey({
  summary: 'Create an async operation',
  description:
    'It starts as PENDING. A correlation_id names one operation; when none is given, one is made.',
  example: examples.createExample,
  returns: {
    201: {
      description: 'Created.',
      schema: responses.OperationBody,
      example: examples.pendingExample,
      headers: { Location: 'Where the operation is.' },
    },
  },
  errors: ['CORRELATION_ID_TAKEN'],
});

export const start = withIdempotencyKey({
  summary: 'Start an operation',
  description: 'From PENDING to RUNNING. Takes no body.',
  returns: {
    200: {
      description: 'The operation, RUNNING.',
      schema: responses.OperationBody,
      example: examples.runningExample,
    },
  },
  errors: ['OPERATION_NOT_FOUND', 'OPERATION_MOVE_NOT_ALLOWED'],
});

export const finish = withIdempotencyKey({
  summary: 'Finish an operation with a result or an error',
  description:
    'From RUNNING to SUCCEEDED with result, or to FAILED with error; exactly one of the two. Of several callers one wins.',
  example: examples.finishExample,
  returns: {
    200: {
      description: 'The operation, SUCCEEDED or FAILED.',
      schema: responses.OperationBody,
      example: examples.succeededExample,
    },
  },
  errors: ['OPERATION_NOT_FOUND', 'OPERATION_MOVE_NOT_ALLOWED', 'DOCUMENT_TOO_LARGE'],
});

export const get: OperationDescription = {
  summary: 'Get an operation',
  description: 'With its result or its error, once it has ended.',
  returns: {
    200: {
      description: 'The operation; with result or error when it has ended.',
      schema: responses.OperationBody,
      example: examples.succeededExample,
    },
  },
  errors: ['OPERATION_NOT_FOUND'],
};

export const getByCorrelationId = {
  ...get,
  summary: 'Get the operation of a correlation id',
  description: 'A correlation id names one operation.',
  formerPaths: ['by-correlation/:correlation_id'],
} satisfies OperationDescription;

export const list: OperationDescription = {
  summary: 'List operations, newest first',
  description:
    'created_from is inclusive, created_to exclusive. Items carry errors but no results: get the operation for its result. Follow next_cursor until it is null; operations created meanwhile do not disturb the pages.',
  returns: {
    200: {
      description: 'One page.',
      schema: responses.OperationPageBody,
      example: { items: [examples.failedSummaryExample], next_cursor: null },
    },
  },
  errors: ['CURSOR_INVALID'],
};
