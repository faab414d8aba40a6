import {
  boolean,
  identifier,
  instant,
  integer,
  nullable,
  primary,
  text,
} from '@holdfast/postgres/entities/column';
import { defineEntity } from '@holdfast/postgres/entities/define-entity';
import type { ApprovalType } from '../proposal.workflow.js';

export const ApprovalEntity = defineEntity(
  'proposal_approvals',
  {
    approvalId: primary(text()),
    proposalId: identifier(),
    /** The event that recorded it. */
    sequenceNo: integer(),
    approvalType: text<ApprovalType>(),
    approved: boolean(),
    versionNo: integer(),
    actorId: text(),
    comment: nullable(text()),
    occurredAt: instant(),
  },
  { uniques: [{ columns: ['proposalId', 'sequenceNo'] }] },
);
