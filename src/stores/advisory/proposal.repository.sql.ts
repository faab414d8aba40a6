import {
  type Parameters,
  type Sql,
  type SqlDatabase,
  whereClause,
} from '@holdfast/postgres/database/sql-database';
import { throwNotStored } from '@holdfast/postgres/database/assert-stored';
import { storedTime } from '@holdfast/core/instant';
import type { KeptAnswer } from '../kept-answers.js';
import { ALL, type Position, pageStartOf } from '@holdfast/core/page';
import type {
  Approval,
  Proposal,
  ProposalChange,
  ProposalVersion,
  WorkflowEvent,
} from './proposal.js';
import { ProposalAnswers } from './proposal.answers.js';
import { appendAtOnce } from './proposal.changes.postgres.js';
import { ProposalCreations } from './proposal.creations.postgres.js';
import {
  type CreateOutcome,
  type IdempotencyKey,
  type ProposalFilter,
  ProposalRepository,
  type ProposalWithVersion,
} from './proposal.repository.js';
import {
  approvalOf,
  approvalParameters,
  type ApprovalRow,
  eventOf,
  eventParameters,
  type EventRow,
  proposalOf,
  proposalParameters,
  type ProposalRow,
  versionOf,
  versionParameters,
  type VersionRow,
} from './proposal.rows.js';

const VERSION_COLUMNS = `v.proposal_id, v.version_no, CAST(v.document AS text) AS document,
  v.document_hash, v.created_by AS version_created_by, v.created_at AS version_created_at`;

/** SQLite and PostgreSQL, in the SQL that both understand. */
export class SqlProposalRepository extends ProposalRepository {
  readonly #answers: ProposalAnswers;
  readonly #creations: ProposalCreations | undefined;

  constructor(private readonly database: SqlDatabase) {
    super();
    this.#answers = new ProposalAnswers(database);
    if (database.settings.type === 'postgresql') this.#creations = new ProposalCreations(database);
  }

  create(
    change: ProposalChange & { readonly version: ProposalVersion },
    key: IdempotencyKey,
  ): Promise<CreateOutcome> {
    if (this.#creations) return this.#creations.create({ change, key });
    const { proposalId, createdAt } = change.proposal;
    return this.database.transaction(async (sql): Promise<CreateOutcome> => {
      // Waits for a transaction that holds the same key, so that one of two requests finds the other.
      const claimed = await sql.run(
        `INSERT INTO proposal_idempotency (idempotency_key, request_hash, proposal_id, created_at)
         VALUES (:key, :requestHash, :proposalId, :createdAt)
         ON CONFLICT (idempotency_key) DO NOTHING`,
        { ...key, proposalId, createdAt: storedTime(createdAt) },
      );
      if (claimed === 0) return this.replay(sql, key);
      await sql.insert(
        `INSERT INTO proposal_records (proposal_id, portfolio_id, mandate_id, jurisdiction, title,
           advisor_notes, created_by, current_state, current_version_no, revision, created_at,
           updated_at)
         VALUES (:proposalId, :portfolioId, :mandateId, :jurisdiction, :title, :advisorNotes,
           :createdBy, :currentState, :currentVersionNo, :revision, :createdAt, :updatedAt)`,
        proposalParameters(change.proposal),
      );
      await insertParts(sql, change);
      return { outcome: 'created' };
    });
  }

  append(change: ProposalChange, answer?: KeptAnswer): Promise<boolean> {
    if (this.#creations) return appendAtOnce(this.#answers, change, answer);
    return this.database.transaction(async (sql) => {
      const updated = await sql.run(
        `UPDATE proposal_records
            SET current_state = :currentState, current_version_no = :currentVersionNo,
                revision = :revision, updated_at = :updatedAt
          WHERE proposal_id = :proposalId AND revision = :revisionBefore`,
        {
          ...proposalParameters(change.proposal),
          revisionBefore: change.proposal.revision - 1,
        },
      );
      if (updated === 0) return false;
      await insertParts(sql, change);
      await this.#answers.insert(sql, answer);
      return true;
    });
  }

  async find(proposalId: string): Promise<ProposalWithVersion | null> {
    const [row] = await this.rows<ProposalRow & VersionRow>(
      `SELECT p.*, ${VERSION_COLUMNS}
         FROM proposal_records p
         JOIN proposal_versions v
           ON v.proposal_id = p.proposal_id AND v.version_no = p.current_version_no
        WHERE p.proposal_id = :proposalId`,
      { proposalId },
    );
    return row ? { proposal: proposalOf(row), version: await versionOf(row) } : null;
  }

  async list(
    filter: ProposalFilter,
    limit: number,
    after?: Position,
  ): Promise<readonly Proposal[]> {
    const start = pageStartOf(filter, after);
    const rows = await this.rows<ProposalRow>(
      `SELECT * FROM proposal_records
        ${whereClause({
          'portfolio_id = :portfolioId': filter.portfolioId,
          'current_state = :state': filter.state,
          'created_by = :createdBy': filter.createdBy,
          'created_at >= :createdFrom': filter.createdFrom,
          'created_at < :createdTo': start.createdTo,
          '(created_at, proposal_id) < (:afterTime, :afterId)': start.after,
        })}
        ORDER BY created_at DESC, proposal_id DESC LIMIT :limit`,
      {
        ...filter,
        limit,
        ...(after && { afterTime: storedTime(after.createdAt), afterId: after.id }),
      },
    );
    return rows.map(proposalOf);
  }

  async findVersion(proposalId: string, versionNo: number): Promise<ProposalVersion | null> {
    const [row] = await this.rows<VersionRow>(
      `SELECT ${VERSION_COLUMNS} FROM proposal_versions v
        WHERE v.proposal_id = :proposalId AND v.version_no = :versionNo`,
      { proposalId, versionNo },
    );
    return row ? versionOf(row) : null;
  }

  async events(proposalId: string, limit = ALL, after = 0): Promise<readonly WorkflowEvent[]> {
    const rows = await this.rows<EventRow>(
      `SELECT * FROM proposal_workflow_events
        WHERE proposal_id = :proposalId AND sequence_no > :after ORDER BY sequence_no LIMIT :limit`,
      { proposalId, limit, after },
    );
    return rows.map(eventOf);
  }

  async approvals(proposalId: string, limit = ALL, after = 0): Promise<readonly Approval[] | null> {
    const rows = await this.rows<ApprovalRow | { readonly approval_id: null }>(
      `SELECT a.* FROM proposal_records p
         LEFT JOIN proposal_approvals a
           ON a.proposal_id = p.proposal_id AND a.sequence_no > :after
        WHERE p.proposal_id = :proposalId ORDER BY a.sequence_no LIMIT :limit`,
      { proposalId, limit, after },
    );
    if (rows.length === 0) return null;
    return rows.flatMap((row) => (row.approval_id === null ? [] : [approvalOf(row)]));
  }

  private rows<Row>(statement: string, parameters: Parameters): Promise<readonly Row[]> {
    return this.database.readStale((sql) => sql.rows<Row>(statement, parameters));
  }

  private async replay(sql: Sql, { key, requestHash }: IdempotencyKey): Promise<CreateOutcome> {
    const [row] = await sql.rows<ProposalRow & VersionRow & { readonly request_hash: string }>(
      `SELECT p.*, ${VERSION_COLUMNS}, i.request_hash
         FROM proposal_idempotency i
         JOIN proposal_records p ON p.proposal_id = i.proposal_id
         JOIN proposal_versions v ON v.proposal_id = p.proposal_id AND v.version_no = 1
        WHERE i.idempotency_key = :key`,
      { key },
    );
    if (!row) throwNotStored();
    return row.request_hash === requestHash
      ? { outcome: 'replayed', proposal: proposalOf(row), version: await versionOf(row) }
      : { outcome: 'conflict' };
  }
}

async function insertParts(sql: Sql, { event, version, approval }: ProposalChange): Promise<void> {
  if (version) {
    await sql.insert(
      `INSERT INTO proposal_versions
         (proposal_id, version_no, document, document_hash, created_by, created_at)
       VALUES (:proposalId, :versionNo, :document, :documentHash, :createdBy, :createdAt)`,
      versionParameters(version),
    );
  }
  await sql.insert(
    `INSERT INTO proposal_workflow_events (event_id, proposal_id, sequence_no, event_type, from_state,
       to_state, version_no, actor_id, reason, occurred_at)
     VALUES (:eventId, :proposalId, :sequenceNo, :eventType, :fromState, :toState, :versionNo,
       :actorId, :reason, :occurredAt)`,
    eventParameters(event),
  );
  if (approval) {
    await sql.insert(
      `INSERT INTO proposal_approvals (approval_id, proposal_id, sequence_no, approval_type, approved,
         version_no, actor_id, comment, occurred_at)
       VALUES (:approvalId, :proposalId, :sequenceNo, :approvalType, :approved, :versionNo, :actorId,
         :comment, :occurredAt)`,
      approvalParameters(approval),
    );
  }
}
