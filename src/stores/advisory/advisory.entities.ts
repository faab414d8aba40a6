import { ApprovalEntity } from './entities/approval.entity.js';
import { ProposalKeyEntity } from './entities/proposal-key.entity.js';
import { ProposalOperationEntity } from './entities/proposal-operation.entity.js';
import { ProposalVersionEntity } from './entities/proposal-version.entity.js';
import { ProposalEntity } from './entities/proposal.entity.js';
import { AdvisoryKeptAnswerEntity } from './entities/kept-answer.entity.js';
import { WorkflowEventEntity } from './entities/workflow-event.entity.js';

/** Every table of the store. */
export const advisoryEntities = [
  ProposalEntity,
  ProposalVersionEntity,
  WorkflowEventEntity,
  ApprovalEntity,
  ProposalKeyEntity,
  AdvisoryKeptAnswerEntity,
  ProposalOperationEntity,
];
