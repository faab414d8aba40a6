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

/** Operations that belong to proposals: the table is there, and this build writes none. */
export const ProposalOperationEntity = defineEntity(
  'proposal_async_operations',
  {
    operationId: primary(text()),
    operationType: text(),
    status: text(),
    correlationId: text(),
    idempotencyKey: nullable(text()),
    proposalId: nullable(identifier()),
    createdBy: text(),
    createdAt: instant(),
    startedAt: nullable(instant()),
    finishedAt: nullable(instant()),
    result: optional(json()),
    error: optional(json()),
  },
  { uniques: [{ columns: ['correlationId'] }] },
);
