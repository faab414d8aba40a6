import type { Position } from '@holdfast/core/page';
import type { RecordOf } from '@holdfast/postgres/entities/define-entity';
import type { ApprovalEntity } from './entities/approval.entity.js';
import type { ProposalVersionEntity } from './entities/proposal-version.entity.js';
import type { ProposalEntity } from './entities/proposal.entity.js';
import type { WorkflowEventEntity } from './entities/workflow-event.entity.js';

export type Proposal = RecordOf<typeof ProposalEntity>;

/** A document as it was proposed; never changed. */
export type ProposalVersion = RecordOf<typeof ProposalVersionEntity>;

export type WorkflowEvent = RecordOf<typeof WorkflowEventEntity>;

export type Approval = RecordOf<typeof ApprovalEntity>;

/** One write: the proposal as it becomes, its event, and what else belongs to it. */
export interface ProposalChange {
  readonly proposal: Proposal;
  readonly event: WorkflowEvent;
  readonly version?: ProposalVersion;
  readonly approval?: Approval;
}

/** Where a proposal stands in a list. */
export function positionOf({ createdAt, proposalId }: Proposal): Position {
  return { createdAt, id: proposalId };
}
