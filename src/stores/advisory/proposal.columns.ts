import { tableColumns } from '@holdfast/postgres/entities/table-columns';
import { ApprovalEntity } from './entities/approval.entity.js';
import { ProposalKeyEntity } from './entities/proposal-key.entity.js';
import { ProposalVersionEntity } from './entities/proposal-version.entity.js';
import { ProposalEntity } from './entities/proposal.entity.js';
import { WorkflowEventEntity } from './entities/workflow-event.entity.js';

/** The columns for the statements of both dialects. One statement may write a row of each table. */
export const proposals = tableColumns(ProposalEntity);
export const versions = tableColumns(ProposalVersionEntity).inParameters('version');
export const events = tableColumns(WorkflowEventEntity).inParameters('event');
export const approvals = tableColumns(ApprovalEntity).inParameters('approval');
export const keys = tableColumns(ProposalKeyEntity).inParameters('key');

/** A proposal and one of its versions in one row, read by `read` and `readLarge` of each. */
export const proposalPart = proposals.from('p');
export const versionPart = versions.from('v', 'version_');
