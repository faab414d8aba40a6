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

/** Proposals with their current versions; which ones, is added as a `WHERE` of `p`. */
export const SELECT_CURRENT = `
SELECT ${proposalPart.selected}, ${versionPart.selected}
  FROM proposal_records p
  JOIN proposal_versions v
    ON v.proposal_id = p.proposal_id AND v.version_no = p.current_version_no`;

/** Proposals with their first versions, by the keys `i` under which they were created. */
export const SELECT_CREATED = `
SELECT i.idempotency_key, i.request_hash, ${proposalPart.selected}, ${versionPart.selected}
  FROM proposal_idempotency i
  JOIN proposal_records p ON p.proposal_id = i.proposal_id
  JOIN proposal_versions v ON v.proposal_id = p.proposal_id AND v.version_no = 1`;
