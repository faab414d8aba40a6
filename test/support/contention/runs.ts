import { expect } from '@jest/globals';
import {
  ACTIONS,
  DECISIONS,
  workflowStatusOf,
} from '../../../src/stores/dpm/decisions/decision.js';
import type { Action, WorkflowStatus } from '../../../src/stores/dpm/decisions/decision.js';
import type { RunStatus } from '../../../src/stores/dpm/runs/run.js';
import { bodyOf, type HttpClient } from '../http-client.js';
import { countUp, expectSame, type Query, send, type Subject, type Write } from './subject.js';

const RUNS = '/rebalance/runs';
const OF_USE: Readonly<Record<string, string>> = {
  '201': 'RECORDED',
  '200': 'REPLAYED',
  '409 IDEMPOTENCY_KEY_CONFLICT': 'CONFLICT',
};

interface Run {
  readonly rebalance_run_id: string;
  readonly status: RunStatus;
}

interface RunRow extends Run {
  readonly correlation_id: string;
  readonly decisions_count: number;
}

interface DecisionRow {
  readonly rebalance_run_id: string;
  readonly sequence_no: number;
  readonly action: Action;
  readonly actor_id: string;
}

interface KeyRow {
  readonly idempotency_key: string;
  readonly rebalance_run_id: string;
  readonly uses: number;
}

interface UseRow {
  readonly idempotency_key: string;
  readonly use_no: number;
  readonly outcome: string;
}

/** Runs under shared keys, identifiers and correlation ids, and decisions about a few of them. */
export class Runs implements Subject {
  #sent = 0;
  readonly #recorded: string[] = [];
  readonly #reviewed: string[] = [];
  /** By run, with the name of the write. */
  readonly #decided: string[] = [];
  /** Each use of a key that names a run. */
  readonly #uses: string[] = [];

  async write(write: Write): Promise<void> {
    if (this.#reviewed.length < 2 || write.random.oneIn(2)) return this.#record(write);
    return this.#decide(write, write.random.pick(this.#reviewed.slice(0, 4)));
  }

  async check(query: Query, client: HttpClient): Promise<void> {
    const runs = await query<RunRow>('SELECT * FROM dpm_runs');
    expectSame(
      runs.map((run) => run.rebalance_run_id),
      this.#recorded,
    );
    expect(new Set(runs.map((run) => run.correlation_id)).size).toBe(runs.length);
    await this.#checkDecisions(query, client, runs);
    await this.#checkKeys(query, runs);
  }

  async #record(write: Write): Promise<void> {
    const { random } = write;
    // Writes that are sent at about the same time mean the same names.
    const turn = this.#sent >> 3;
    this.#sent += 1;
    const key = random.oneIn(3) ? undefined : `key-${turn}`;
    const named = random.oneIn(6) ? `run-${turn}` : undefined;
    const reply = await send<Run>(
      write,
      ['POST', RUNS],
      {
        ...(key !== undefined && { headers: { 'idempotency-key': key } }),
        body: {
          ...(named !== undefined && { rebalance_run_id: named }),
          correlation_id: key ?? (random.oneIn(2) ? write.id : `correlation-${turn}`),
          request_hash: 'shared',
          portfolio_id: 'shared',
          status: random.oneIn(4) ? 'READY' : 'PENDING_REVIEW',
          result: { key: key ?? null },
        },
      },
      [
        '201',
        '200',
        ...['IDEMPOTENCY_KEY_CONFLICT', 'RUN_EXISTS', 'CORRELATION_ID_TAKEN'].map(conflict),
      ],
    );
    const use = OF_USE[reply.outcome];
    if (key !== undefined && use !== undefined) this.#uses.push(`${key} ${use}`);
    if (reply.outcome !== '201') return;
    this.#recorded.push(reply.body.rebalance_run_id);
    if (reply.body.status === 'PENDING_REVIEW') this.#reviewed.push(reply.body.rebalance_run_id);
  }

  async #decide(write: Write, runId: string): Promise<void> {
    const { random } = write;
    const expected: readonly WorkflowStatus[] = ['PENDING_REVIEW', 'APPROVED', 'REJECTED'];
    const reply = await send(
      write,
      ['POST', `${RUNS}/${runId}/workflow/decisions`],
      {
        body: {
          action: random.pick(ACTIONS),
          reason_code: 'SHARED',
          actor_id: write.id,
          ...(random.oneIn(2) && { expected_status: random.pick(expected) }),
        },
      },
      ['201', ...['DECISION_NOT_ALLOWED', 'WORKFLOW_STATUS_CONFLICT'].map(conflict)],
    );
    if (reply.acknowledged) this.#decided.push(`${runId} ${write.id}`);
  }

  async #checkDecisions(query: Query, client: HttpClient, runs: readonly RunRow[]): Promise<void> {
    const decisions = await query<DecisionRow>(
      'SELECT * FROM dpm_workflow_decisions ORDER BY sequence_no',
    );
    expectSame(
      decisions.map((each) => `${each.rebalance_run_id} ${each.actor_id}`),
      this.#decided,
    );
    for (const { rebalance_run_id: id, status, decisions_count } of runs) {
      const own = decisions.filter((each) => each.rebalance_run_id === id);
      expect(own.map(({ sequence_no }) => sequence_no)).toEqual(countUp(decisions_count));
      let workflow = workflowStatusOf({ runStatus: status, decisions: [] });
      for (const { action } of own) {
        expect(Object.keys(DECISIONS[workflow])).toContain(action);
        workflow = DECISIONS[workflow][action] ?? workflow;
      }
      expect(bodyOf(await client.get(`${RUNS}/${id}/workflow`), 200)).toMatchObject({
        workflow_status: workflow,
        decisions_count,
      });
    }
  }

  async #checkKeys(query: Query, runs: readonly RunRow[]): Promise<void> {
    const keys = await query<KeyRow>('SELECT * FROM dpm_run_idempotency');
    const uses = await query<UseRow>('SELECT * FROM dpm_run_idempotency_history ORDER BY use_no');
    expectSame(
      uses.map(({ idempotency_key, outcome }) => `${idempotency_key} ${outcome}`),
      this.#uses,
    );
    for (const { idempotency_key, rebalance_run_id, uses: counted } of keys) {
      const own = uses.filter((use) => use.idempotency_key === idempotency_key);
      expect(own.map(({ use_no }) => use_no)).toEqual(countUp(counted));
      expect(own.map(({ outcome }) => outcome === 'RECORDED')).toEqual(
        countUp(counted).map((useNo) => useNo === 1),
      );
      expect(runs.filter((run) => run.rebalance_run_id === rebalance_run_id)).toHaveLength(1);
    }
    expect(new Set(uses.map((use) => use.idempotency_key)).size).toBe(keys.length);
  }
}

function conflict(code: string): string {
  return `409 ${code}`;
}
