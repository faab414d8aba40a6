import { SqlProposalRepository } from '../../../src/stores/advisory/proposal.repository.sql.js';
import { type Filters, pages } from './pages.js';
import { type Extent, type Filling, id, idOf, type Samples } from './samples.js';
import type { StoreLists } from './list-case.js';

const PROPOSALS: Filters<SqlProposalRepository> = [
  [{}, 'many'],
  [{ portfolioId: 'pf-house' }, 'many'],
  [{ portfolioId: 'pf-once' }, 'one'],
  [{ portfolioId: 'pf-none' }, 'none'],
  [{ state: 'EXECUTED' }, 'many'],
  [{ state: 'AWAITING_CLIENT_CONSENT' }, 'many'],
  [{ state: 'EXPIRED' }, 'none'],
  [{ createdBy: 'advisor-robot' }, 'many'],
  [{ createdBy: 'advisor-once' }, 'one'],
  [{ createdBy: 'advisor-none' }, 'none'],
  [{ portfolioId: 'pf-house', state: 'EXECUTED' }, 'many'],
  [{ portfolioId: 'pf-house', state: 'DRAFT' }, 'none'],
  [{ portfolioId: 'pf-house', state: 'COMPLIANCE_REVIEW' }, 'none'],
  [{ createdBy: 'advisor-robot', state: 'EXECUTED' }, 'many'],
  [{ createdBy: 'advisor-7', state: 'DRAFT' }, 'many'],
  [{ createdBy: 'advisor-7', state: 'EXPIRED' }, 'none'],
  [{ portfolioId: 'pf-house', createdBy: 'advisor-robot' }, 'many'],
  [{ portfolioId: 'pf-house', createdBy: 'advisor-once' }, 'none'],
  [{ portfolioId: 'pf-house', createdBy: 'advisor-robot', state: 'EXECUTED' }, 'many'],
  [{ portfolioId: 'pf-house', createdBy: 'advisor-robot', state: 'REJECTED' }, 'none'],
];

export const lists: StoreLists = {
  fillings,
  cases: ({ rows }) => [
    ...pages('proposals', rows, PROPOSALS, (database) => new SqlProposalRepository(database)),
    {
      name: 'events of a proposal',
      of: 'selection',
      ask: (database) => new SqlProposalRepository(database).events(idOf(1)),
      finds: [150, 150],
    },
    {
      name: 'approvals of a proposal',
      of: 'selection',
      ask: async (database) => (await new SqlProposalRepository(database).approvals(idOf(1))) ?? [],
      finds: [150, 150],
    },
  ],
};

function fillings(
  { from, createdAt, once, house, portfolio, robot, chance }: Samples,
  { rows, parts }: Extent,
): readonly Filling[] {
  // One proposal has many parts, the others one.
  const ofProposal = `${id('CASE WHEN i <= 150 THEN 1 ELSE i END')}, CASE WHEN i <= 150 THEN i ELSE 1 END`;
  return [
    {
      table: 'proposal_records',
      columns: `proposal_id, portfolio_id, title, created_by, current_state,
      current_version_no, revision, created_at, updated_at`,
      select: `SELECT ${id('i')}, ${portfolio}, 'Proposal ' || i,
        CASE WHEN ${once} THEN 'advisor-once' WHEN ${robot} THEN 'advisor-robot'
          ELSE 'advisor-' || (i * 30269 % 2147483647 % 400) END,
        CASE WHEN ${house} OR (${robot} AND ${chance} < 800) THEN 'EXECUTED'
          WHEN ${robot} THEN 'REJECTED' WHEN ${chance} < 600 THEN 'EXECUTED'
          WHEN ${chance} < 800 THEN 'DRAFT' WHEN ${chance} < 900 THEN 'CANCELLED'
          WHEN ${chance} < 950 THEN 'RISK_REVIEW' WHEN ${chance} < 999 THEN 'COMPLIANCE_REVIEW'
          ELSE 'AWAITING_CLIENT_CONSENT' END,
        1, 1, ${createdAt}, ${createdAt} ${from(rows)}`,
    },
    {
      table: 'proposal_versions',
      columns: 'proposal_id, version_no, document, document_hash, created_by, created_at',
      select: `SELECT ${ofProposal}, '{"trades":[]}', 'hash', 'advisor-1', ${createdAt}
        ${from(parts)}`,
    },
    {
      table: 'proposal_workflow_events',
      columns: `event_id, proposal_id, sequence_no, event_type, to_state, version_no,
      actor_id, occurred_at`,
      select: `SELECT 'event-' || i, ${ofProposal}, 'CREATED', 'DRAFT', 1,
        'advisor-1', ${createdAt} ${from(parts)}`,
    },
    {
      table: 'proposal_approvals',
      columns: `approval_id, proposal_id, sequence_no, approval_type, approved, version_no,
      actor_id, occurred_at`,
      select: `SELECT 'approval-' || i, ${ofProposal}, 'RISK', true, 1, 'advisor-1',
        ${createdAt} ${from(parts)}`,
    },
  ];
}
