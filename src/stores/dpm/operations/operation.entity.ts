import {
  identifier,
  instant,
  json,
  nullable,
  optional,
  primary,
  text,
} from '@holdfast/postgres/entities/column';
import { defineEntity } from '@holdfast/postgres/entities/define-entity';
import type { OperationError, OperationStatus } from './operation.js';

export const OperationEntity = defineEntity(
  'dpm_async_operations',
  {
    operationId: primary(identifier()),
    operationType: text(),
    status: text<OperationStatus>(),
    correlationId: text(),
    /** The run that the operation belongs to, when it is known. */
    rebalanceRunId: nullable(identifier()),
    createdAt: instant(),
    startedAt: nullable(instant()),
    finishedAt: nullable(instant()),
    /** Absent unless SUCCEEDED: null is a result as well. */
    result: optional(json()),
    /** Absent unless FAILED. */
    error: optional(json<OperationError>()),
  },
  { uniques: [{ columns: ['correlationId'] }] },
);
