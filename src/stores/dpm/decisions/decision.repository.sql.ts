import { type SqlDatabase, whereClause } from '@holdfast/postgres/database/sql-database';
import { assertSameRowCounts } from '@holdfast/postgres/database/assert-stored';
import { tableColumns } from '@holdfast/postgres/entities/table-columns';
import { storedTime } from '@holdfast/core/instant';
import { DecisionEntity } from './decision.entity.js';
import type { KeptAnswer } from '../../kept-answers.js';
import { ALL, type Position, pageStartOf } from '@holdfast/core/page';
import { DpmKeptAnswers } from '../dpm.kept-answers.js';
import type { RunStatus } from '../runs/run.js';
import type { Action, Review, Decision, Workflow } from './decision.js';
import { type DecisionFilter, DecisionRepository } from './decision.repository.js';

const decisions = tableColumns(DecisionEntity);

/** Locks the run: no other decision and no purge comes between. */
const COUNT = `UPDATE dpm_runs SET decisions_count = :sequenceNo
  WHERE rebalance_run_id = :rebalanceRunId AND decisions_count = :before`;

const APPEND = `INSERT INTO dpm_workflow_decisions (${decisions.names})`;

/** SQLite and PostgreSQL, in the SQL that both understand. */
export class SqlDecisionRepository extends DecisionRepository {
  readonly #answers: DpmKeptAnswers;

  constructor(private readonly database: SqlDatabase) {
    super();
    this.#answers = new DpmKeptAnswers(database);
  }

  async append(decision: Decision, answer?: KeptAnswer): Promise<boolean> {
    const parameters = {
      ...decisions.parameters(decision),
      before: decision.sequenceNo - 1,
    };
    if (this.database.settings.type === 'postgresql') {
      const counted = await this.#answers.writeAtOnce(
        (keeping, kept) =>
          `WITH counted AS (${COUNT} RETURNING rebalance_run_id),
                appended AS (${APPEND} SELECT ${decisions.values} FROM counted RETURNING decision_id)${keeping('counted')}
           SELECT rebalance_run_id, ${assertSameRowCounts('counted', ['appended', ...kept])} FROM counted`,
        parameters,
        answer,
      );
      return counted.length > 0;
    }
    return this.database.transaction(async (sql) => {
      if ((await sql.run(COUNT, parameters)) === 0) return false;
      await sql.insert(`${APPEND} VALUES (${decisions.values})`, parameters);
      await this.#answers.insert(sql, answer);
      return true;
    });
  }

  async reviewOf(rebalanceRunId: string): Promise<Review | null> {
    const rows = await this.database.staleRows<{
      readonly run_status: RunStatus;
      readonly action: Action | null;
    }>(
      `SELECT r.status AS run_status, d.action
           FROM dpm_runs r
           LEFT JOIN dpm_workflow_decisions d ON d.rebalance_run_id = r.rebalance_run_id
          WHERE r.rebalance_run_id = :rebalanceRunId ORDER BY d.sequence_no`,
      { rebalanceRunId },
    );
    const [first] = rows;
    if (!first) return null;
    const made = rows.flatMap(({ action }) => (action === null ? [] : [{ action }]));
    return { runStatus: first.run_status, decisions: made };
  }

  async ofRun(rebalanceRunId: string, limit = ALL, after = 0): Promise<Workflow | null> {
    const rows = await this.database.staleRows<{
      readonly run_status: RunStatus;
      readonly decision_id: string | null;
    }>(
      `SELECT r.status AS run_status, ${decisions.from('d').selected}
           FROM dpm_runs r
           LEFT JOIN dpm_workflow_decisions d
             ON d.rebalance_run_id = r.rebalance_run_id AND d.sequence_no > :after
          WHERE r.rebalance_run_id = :rebalanceRunId ORDER BY d.sequence_no LIMIT :limit`,
      { rebalanceRunId, limit, after },
    );
    const [first] = rows;
    if (!first) return null;
    return {
      runStatus: first.run_status,
      decisions: rows.flatMap((row) => (row.decision_id === null ? [] : [decisions.read(row)])),
    };
  }

  async list(
    filter: DecisionFilter,
    limit: number,
    after?: Position,
  ): Promise<readonly Decision[]> {
    const start = pageStartOf(filter, after);
    const rows = await this.database.staleRows<object>(
      `SELECT ${decisions.selected} FROM dpm_workflow_decisions
          ${whereClause({
            'rebalance_run_id = :rebalanceRunId': filter.rebalanceRunId,
            'action = :action': filter.action,
            'actor_id = :actorId': filter.actorId,
            'reason_code = :reasonCode': filter.reasonCode,
            'created_at >= :createdFrom': filter.createdFrom,
            'created_at < :createdTo': start.createdTo,
            '(created_at, decision_id) < (:afterTime, :afterId)': start.after,
          })}
          ORDER BY created_at DESC, decision_id DESC LIMIT :limit`,
      {
        ...filter,
        limit,
        ...(after && { afterTime: storedTime(after.createdAt), afterId: after.id }),
      },
    );
    return rows.map((row) => decisions.read(row));
  }
}
