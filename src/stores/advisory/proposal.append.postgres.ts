import { assertSameRowCounts } from '@holdfast/postgres/database/assert-stored';
import type { KeptAnswer } from '../kept-answers.js';
import type { SqlKeptAnswers } from '../kept-answers.sql.js';
import type { ProposalChange } from './proposal.js';
import { approvals, events, proposals, versions } from './proposal.columns.js';

const UPDATE = `
updated AS (
  UPDATE proposal_records
     SET current_state = :currentState, current_version_no = :currentVersionNo,
         revision = :revision, updated_at = :updatedAt
   WHERE proposal_id = :proposalId AND revision = :revisionBefore
  RETURNING proposal_id
)`;

const EVENT = `, event AS (
  INSERT INTO proposal_workflow_events (${events.names}) SELECT ${events.values} FROM updated
  RETURNING proposal_id
)`;

const VERSION = `, version AS (
  INSERT INTO proposal_versions (${versions.names}) SELECT ${versions.values} FROM updated
  RETURNING proposal_id
)`;

const APPROVAL = `, approval AS (
  INSERT INTO proposal_approvals (${approvals.names}) SELECT ${approvals.values} FROM updated
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
      ...proposals.parameters(proposal),
      ...events.parameters(event),
      ...(version && versions.parameters(version)),
      ...(approval && approvals.parameters(approval)),
      revisionBefore: proposal.revision - 1,
    },
    answer,
  );
  return updated.length > 0;
}
