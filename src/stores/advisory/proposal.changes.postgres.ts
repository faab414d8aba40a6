import { assertSameRowCounts } from '@holdfast/postgres/database/assert-stored';
import type { KeptAnswer } from '../kept-answers.js';
import type { SqlKeptAnswers } from '../kept-answers.sql.js';
import type { ProposalChange } from './proposal.js';
import {
  approvalParameters,
  eventParameters,
  proposalParameters,
  versionParameters,
} from './proposal.rows.js';

const UPDATE = `
updated AS (
  UPDATE proposal_records
     SET current_state = :currentState, current_version_no = :currentVersionNo,
         revision = :revision, updated_at = :updatedAt
   WHERE proposal_id = :proposalId AND revision = :revisionBefore
  RETURNING proposal_id
)`;

const EVENT = `, event AS (
  INSERT INTO proposal_workflow_events (event_id, proposal_id, sequence_no, event_type, from_state,
    to_state, version_no, actor_id, reason, occurred_at)
  SELECT :eventId, proposal_id, :sequenceNo, :eventType, :fromState, :toState, :eventVersionNo,
         :actorId, :reason, :occurredAt
    FROM updated
  RETURNING proposal_id
)`;

const VERSION = `, version AS (
  INSERT INTO proposal_versions
    (proposal_id, version_no, document, document_hash, created_by, created_at)
  SELECT proposal_id, :versionNo, :document, :documentHash, :createdBy, :createdAt FROM updated
  RETURNING proposal_id
)`;

const APPROVAL = `, approval AS (
  INSERT INTO proposal_approvals (approval_id, proposal_id, sequence_no, approval_type, approved,
    version_no, actor_id, comment, occurred_at)
  SELECT :approvalId, proposal_id, :sequenceNo, :approvalType, :approved, :eventVersionNo, :actorId,
         :comment, :occurredAt
    FROM updated
  RETURNING proposal_id
)`;

/** Stores a change as `ProposalRepository.append` promises, in one round trip. */
export async function appendAtOnce(
  answers: SqlKeptAnswers,
  { proposal, event, version, approval }: ProposalChange,
  answer: KeptAnswer | undefined,
): Promise<boolean> {
  const parts = `${UPDATE}${EVENT}${version ? VERSION : ''}${approval ? APPROVAL : ''}`;
  const written = ['event', ...(version ? ['version'] : []), ...(approval ? ['approval'] : [])];
  const updated = await answers.writeAtOnce(
    (keeping, kept) =>
      `WITH ${parts}${keeping('updated')}
       SELECT proposal_id, ${assertSameRowCounts('updated', [...written, ...kept])} FROM updated`,
    {
      ...proposalParameters(proposal),
      ...(approval && approvalParameters(approval)),
      ...eventParameters(event),
      ...(version && versionParameters(version)),
      eventVersionNo: event.versionNo,
      revisionBefore: proposal.revision - 1,
    },
    answer,
  );
  return updated.length > 0;
}
