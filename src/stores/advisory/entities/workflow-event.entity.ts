import {
  identifier,
  instant,
  integer,
  nullable,
  primary,
  text,
} from '@holdfast/postgres/entities/column';
import { defineEntity } from '@holdfast/postgres/entities/define-entity';
import type { EventType, ProposalState } from '../proposal.workflow.js';

export const WorkflowEventEntity = defineEntity(
  'proposal_workflow_events',
  {
    eventId: primary(text()),
    proposalId: identifier(),
    /** 1, 2, 3, … within the proposal. */
    sequenceNo: integer(),
    eventType: text<EventType>(),
    fromState: nullable(text<ProposalState>()),
    toState: text<ProposalState>(),
    versionNo: integer(),
    actorId: text(),
    reason: nullable(text()),
    occurredAt: instant(),
  },
  { uniques: [{ columns: ['proposalId', 'sequenceNo'] }] },
);
