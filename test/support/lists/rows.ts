import { type Dialect, EPOCH } from './dialects.js';

/** Every two rows of a table are created at the same time, this long after the two before. */
const STEP_SECONDS = 60;

/** Rows of each filled table. */
export interface Extent {
  readonly rows: number;
  /** Of the catalogue. */
  readonly packs: number;
  /** Of what belongs to proposals and is read by their keys. */
  readonly parts: number;
}

/**
 * What the lists have to be quick with. Packs are fewer: each is written by a person, and there is one
 * a portfolio or tenant.
 */
export const MILLION: Extent = { rows: 1_000_000, packs: 100_000, parts: 200_000 };

/** Enough for a planner that does not look at the rows. */
export const HUNDREDS: Extent = { rows: 1000, packs: 200, parts: 500 };

/** A table and the statement that fills it. */
export interface Filling {
  readonly table: string;
  readonly statement: string;
}

/** The time in the middle of a table of that many rows. */
export function middleOf(rows: number): string {
  return new Date(EPOCH + Math.floor(rows / 4) * STEP_SECONDS * 1000).toISOString();
}

/** A time that every row of a table of that many rows is older than. */
export function endOf(rows: number): string {
  return new Date(EPOCH + rows * STEP_SECONDS * 1000).toISOString();
}

export function idOf(i: number): string {
  return `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`;
}

/** As `idOf`, of an SQL expression. */
const id = (i: string) =>
  `'00000000-0000-4000-8000-' || substr(CAST(1000000000000 + ${i} AS text), 2)`;

/** 0 to 999 by chance, though the same each time; every factor draws anew. */
const draw = (factor: number) => `(i * ${factor} % 2147483647 % 1000)`;

/**
 * The rows, by order of reference. Values are as unequal as in practice, and they depend on each
 * other where that is hardest for an index: two values are each frequent and never met together.
 */
export function fillings(dialect: Dialect, { rows, packs, parts }: Extent): readonly Filling[] {
  const from = (count: number) => `FROM ${dialect.numbers(count)}`;
  const createdAt = dialect.time(`i / 2 * ${STEP_SECONDS}`);
  const once = `i = ${Math.floor(rows / 2)}`;
  const lately = `i > ${Math.floor(rows / 2)}`;
  const house = `${draw(69621)} < 8`;
  const portfolio = `CASE WHEN ${once} THEN 'pf-once' WHEN ${house} THEN 'pf-house'
    ELSE 'pf-' || (i * 40692 % 2147483647 % 5000) END`;
  const robot = `${draw(16807)} < 300`;
  const chance = draw(48271);
  const columns = {
    proposal_records: `proposal_id, portfolio_id, title, created_by, current_state,
      current_version_no, revision, created_at, updated_at`,
    proposal_versions: 'proposal_id, version_no, document, document_hash, created_by, created_at',
    proposal_workflow_events: `event_id, proposal_id, sequence_no, event_type, to_state, version_no,
      actor_id, occurred_at`,
    proposal_approvals: `approval_id, proposal_id, sequence_no, approval_type, approved, version_no,
      actor_id, occurred_at`,
    dpm_runs: `rebalance_run_id, correlation_id, request_hash, portfolio_id, status, result,
      created_at`,
    dpm_workflow_decisions: `decision_id, rebalance_run_id, sequence_no, action, reason_code,
      actor_id, created_at`,
    dpm_async_operations: `operation_id, operation_type, status, correlation_id, rebalance_run_id,
      created_at, started_at, finished_at, result`,
    dpm_lineage_edges: 'edge_id, source, edge_type, target, metadata, created_at',
    policy_packs: `policy_pack_id, applies_to, target_id, version, definition, revision, entity_tag,
      created_at, updated_at`,
  };
  // One proposal has many parts, the others one.
  const ofProposal = `${id('CASE WHEN i <= 150 THEN 1 ELSE i END')}, CASE WHEN i <= 150 THEN i ELSE 1 END`;
  const finished = `${draw(39373)} >= 20`;
  const selections: Readonly<Record<keyof typeof columns, string>> = {
    proposal_records: `SELECT ${id('i')}, ${portfolio}, 'Proposal ' || i,
        CASE WHEN ${once} THEN 'advisor-once' WHEN ${robot} THEN 'advisor-robot'
          ELSE 'advisor-' || (i * 30269 % 2147483647 % 400) END,
        CASE WHEN ${house} OR (${robot} AND ${chance} < 800) THEN 'EXECUTED'
          WHEN ${robot} THEN 'REJECTED' WHEN ${chance} < 600 THEN 'EXECUTED'
          WHEN ${chance} < 800 THEN 'DRAFT' WHEN ${chance} < 900 THEN 'CANCELLED'
          WHEN ${chance} < 950 THEN 'RISK_REVIEW' WHEN ${chance} < 999 THEN 'COMPLIANCE_REVIEW'
          ELSE 'AWAITING_CLIENT_CONSENT' END,
        1, 1, ${createdAt}, ${createdAt} ${from(rows)}`,
    proposal_versions: `SELECT ${ofProposal}, '{"trades":[]}', 'hash', 'advisor-1', ${createdAt}
        ${from(parts)}`,
    proposal_workflow_events: `SELECT 'event-' || i, ${ofProposal}, 'CREATED', 'DRAFT', 1,
        'advisor-1', ${createdAt} ${from(parts)}`,
    proposal_approvals: `SELECT 'approval-' || i, ${ofProposal}, 'RISK', true, 1, 'advisor-1',
        ${createdAt} ${from(parts)}`,
    dpm_runs: `SELECT ${id('i')}, 'run-correlation-' || i,
        CASE WHEN ${chance} = 7 THEN 'nightly' ELSE 'request-' || (i / 3) END, ${portfolio},
        CASE WHEN ${house} OR ${chance} < 700 THEN 'READY' WHEN ${chance} < 950 THEN 'BLOCKED'
          ELSE 'PENDING_REVIEW' END,
        '{"status":"READY","orders":[]}', ${createdAt} ${from(rows)}`,
    dpm_workflow_decisions: `SELECT ${id('i')},
        ${id('CASE WHEN i <= 200 THEN 1 ELSE i / 4 END')}, CASE WHEN i <= 200 THEN i ELSE i % 4 + 1 END,
        CASE WHEN ${robot} OR ${chance} < 600 THEN 'APPROVE' WHEN ${chance} < 900 THEN 'REJECT'
          ELSE 'REQUEST_CHANGES' END,
        CASE WHEN ${once} THEN 'ONCE' WHEN ${robot} THEN 'WITHIN_LIMITS'
          WHEN ${chance} < 200 THEN 'WITHIN_LIMITS'
          WHEN ${draw(30269)} < 500 THEN 'DRIFT' ELSE 'REASON_' || (${draw(30269)} % 20) END,
        CASE WHEN ${once} THEN 'desk-once' WHEN ${robot} THEN 'desk-robot'
          ELSE 'desk-' || (i * 40692 % 2147483647 % 300) END,
        ${createdAt} ${from(rows)}`,
    dpm_async_operations: `SELECT ${id('i')},
        CASE WHEN ${once} THEN 'AUDIT' WHEN ${robot} THEN 'EXPORT' ELSE 'REBALANCE' END,
        CASE WHEN NOT ${finished} THEN 'PENDING'
          WHEN NOT ${robot} AND ${chance} < 100 THEN 'FAILED' ELSE 'SUCCEEDED' END,
        'operation-correlation-' || i,
        CASE WHEN i <= 300 THEN ${id('1')} WHEN i % 2 = 0 THEN ${id('i')} END, ${createdAt},
        CASE WHEN ${finished} THEN ${createdAt} END, CASE WHEN ${finished} THEN ${createdAt} END,
        '{"rows":1}' ${from(rows)}`,
    // A tree of three branches each, and an entity that every tenth edge of late touches.
    dpm_lineage_edges: `SELECT ${id('i')},
        CASE WHEN i % 20 = 1 AND ${lately} THEN 'hub' ELSE 'node-' || (i / 3) END, 'DERIVED',
        CASE WHEN i % 20 = 2 AND ${lately} THEN 'hub' ELSE 'node-' || i END, '{}', ${createdAt} ${from(rows)}`,
    policy_packs: `SELECT 'pack-' || i,
        CASE WHEN i = 1 THEN 'DEFAULT' WHEN i <= 4 THEN 'TENANT' ELSE 'PORTFOLIO' END,
        CASE WHEN i > 1 THEN 'target-' || i END, '1', '{}', 1, '1-0', ${createdAt}, ${createdAt}
        ${from(packs)}`,
  };
  return Object.entries(columns).map(([table, names]) => ({
    table,
    statement: `INSERT INTO ${table} (${names}) ${selections[table as keyof typeof columns]}`,
  }));
}
