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
import { AdvisoryKeptAnswers } from './advisory.kept-answers.js';
import { appendAtOnce } from './proposal.append.postgres.js';
import { GroupedCreations } from './proposal.create.postgres.js';
import { GroupedFinds } from './proposal.find.postgres.js';
import {
  type CreateOutcome,
  type IdempotencyKey,
  type ProposalFilter,
  ProposalRepository,
  type ProposalWithVersion,
} from './proposal.repository.js';
import {
  approvals,
  events,
  keys,
  proposalPart,
  proposals,
  SELECT_CREATED,
  SELECT_CURRENT,
  versionPart,
  versions,
} from './proposal.columns.js';

/** SQLite and PostgreSQL, in the SQL that both understand. */
export class SqlProposalRepository extends ProposalRepository {
  readonly #answers: AdvisoryKeptAnswers;
  readonly #creations: GroupedCreations | undefined;
  readonly #finds: GroupedFinds | undefined;

  constructor(private readonly database: SqlDatabase) {
    super();
    this.#answers = new AdvisoryKeptAnswers(database);
    if (database.settings.type !== 'postgresql') return;
    this.#creations = new GroupedCreations(database);
    if (!database.hasReplicas) this.#finds = new GroupedFinds(database);
  }

  create(
    change: ProposalChange & { readonly version: ProposalVersion },
    key: IdempotencyKey,
  ): Promise<CreateOutcome> {
    if (this.#creations) return this.#creations.create({ change, key });
    const { proposalId, createdAt } = change.proposal;
    const { key: idempotencyKey, requestHash } = key;
    return this.database.transaction(async (sql): Promise<CreateOutcome> => {
      // Waits for a transaction that holds the same key, so that one of two requests finds the other.
      const claimed = await sql.run(
        `INSERT INTO proposal_idempotency (${keys.names}) VALUES (${keys.values})
         ON CONFLICT (idempotency_key) DO NOTHING`,
        keys.parameters({ idempotencyKey, requestHash, proposalId, createdAt }),
      );
      if (claimed === 0) return this.#replay(sql, key);
      await sql.insert(
        `INSERT INTO proposal_records (${proposals.names}) VALUES (${proposals.values})`,
        proposals.parameters(change.proposal),
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
          ...proposals.parameters(change.proposal),
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
    const row = await (this.#finds?.find(proposalId) ?? this.#findRow(proposalId));
    return row ? readBoth(row) : null;
  }

  async #findRow(proposalId: string): Promise<object | undefined> {
    const [row] = await this.#rows(`${SELECT_CURRENT} WHERE p.proposal_id = :proposalId`, {
      proposalId,
    });
    return row;
  }

  async list(
    filter: ProposalFilter,
    limit: number,
    after?: Position,
  ): Promise<readonly Proposal[]> {
    const start = pageStartOf(filter, after);
    const rows = await this.#rows(
      `SELECT ${proposals.selected} FROM proposal_records
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
    return rows.map((row) => proposals.read(row));
  }

  async findVersion(proposalId: string, versionNo: number): Promise<ProposalVersion | null> {
    const [row] = await this.#rows(
      `SELECT ${versions.selected} FROM proposal_versions
        WHERE proposal_id = :proposalId AND version_no = :versionNo`,
      { proposalId, versionNo },
    );
    return row ? versions.readLarge(row) : null;
  }

  async events(proposalId: string, limit = ALL, after = 0): Promise<readonly WorkflowEvent[]> {
    const rows = await this.#rows(
      `SELECT ${events.selected} FROM proposal_workflow_events
        WHERE proposal_id = :proposalId AND sequence_no > :after ORDER BY sequence_no LIMIT :limit`,
      { proposalId, limit, after },
    );
    return rows.map((row) => events.read(row));
  }

  async approvals(proposalId: string, limit = ALL, after = 0): Promise<readonly Approval[] | null> {
    const rows = await this.#rows<{ readonly approval_id: string | null }>(
      `SELECT ${approvals.from('a').selected} FROM proposal_records p
         LEFT JOIN proposal_approvals a
           ON a.proposal_id = p.proposal_id AND a.sequence_no > :after
        WHERE p.proposal_id = :proposalId ORDER BY a.sequence_no LIMIT :limit`,
      { proposalId, limit, after },
    );
    if (rows.length === 0) return null;
    return rows.flatMap((row) => (row.approval_id === null ? [] : [approvals.read(row)]));
  }

  #rows<Row extends object>(statement: string, parameters: Parameters): Promise<readonly Row[]> {
    return this.database.staleRows<Row>(statement, parameters);
  }

  async #replay(sql: Sql, { key, requestHash }: IdempotencyKey): Promise<CreateOutcome> {
    const [row] = await sql.rows<{ readonly request_hash: string }>(
      `${SELECT_CREATED} WHERE i.idempotency_key = :key`,
      { key },
    );
    if (!row) throwNotStored();
    return row.request_hash === requestHash
      ? { outcome: 'replayed', ...(await readBoth(row)) }
      : { outcome: 'conflict' };
  }
}

async function readBoth(row: object): Promise<ProposalWithVersion> {
  return { proposal: proposalPart.read(row), version: await versionPart.readLarge(row) };
}

async function insertParts(sql: Sql, { event, version, approval }: ProposalChange): Promise<void> {
  if (version) {
    await sql.insert(
      `INSERT INTO proposal_versions (${versions.names}) VALUES (${versions.values})`,
      versions.parameters(version),
    );
  }
  await sql.insert(
    `INSERT INTO proposal_workflow_events (${events.names}) VALUES (${events.values})`,
    events.parameters(event),
  );
  if (approval) {
    await sql.insert(
      `INSERT INTO proposal_approvals (${approvals.names}) VALUES (${approvals.values})`,
      approvals.parameters(approval),
    );
  }
}
