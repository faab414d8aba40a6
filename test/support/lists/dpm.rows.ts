import { draw, type Extent, type Filling, id, type Samples } from './samples.js';

export function fillings(
  { from, createdAt, once, lately, house, portfolio, robot, chance }: Samples,
  { rows }: Extent,
): readonly Filling[] {
  const finished = `${draw(39373)} >= 20`;
  return [
    {
      table: 'dpm_runs',
      columns: `rebalance_run_id, correlation_id, request_hash, portfolio_id, status, result,
      created_at`,
      select: `SELECT ${id('i')}, 'run-correlation-' || i,
        CASE WHEN ${chance} = 7 THEN 'nightly' ELSE 'request-' || (i / 3) END, ${portfolio},
        CASE WHEN ${house} OR ${chance} < 700 THEN 'READY' WHEN ${chance} < 950 THEN 'BLOCKED'
          ELSE 'PENDING_REVIEW' END,
        '{"status":"READY","orders":[]}', ${createdAt} ${from(rows)}`,
    },
    {
      table: 'dpm_workflow_decisions',
      columns: `decision_id, rebalance_run_id, sequence_no, action, reason_code,
      actor_id, created_at`,
      select: `SELECT ${id('i')},
        ${id('CASE WHEN i <= 200 THEN 1 ELSE i / 4 END')}, CASE WHEN i <= 200 THEN i ELSE i % 4 + 1 END,
        CASE WHEN ${robot} OR ${chance} < 600 THEN 'APPROVE' WHEN ${chance} < 900 THEN 'REJECT'
          ELSE 'REQUEST_CHANGES' END,
        CASE WHEN ${once} THEN 'ONCE' WHEN ${robot} THEN 'WITHIN_LIMITS'
          WHEN ${chance} < 200 THEN 'WITHIN_LIMITS'
          WHEN ${draw(30269)} < 500 THEN 'DRIFT' ELSE 'REASON_' || (${draw(30269)} % 20) END,
        CASE WHEN ${once} THEN 'desk-once' WHEN ${robot} THEN 'desk-robot'
          ELSE 'desk-' || (i * 40692 % 2147483647 % 300) END,
        ${createdAt} ${from(rows)}`,
    },
    {
      table: 'dpm_async_operations',
      columns: `operation_id, operation_type, status, correlation_id, rebalance_run_id,
      created_at, started_at, finished_at, result`,
      select: `SELECT ${id('i')},
        CASE WHEN ${once} THEN 'AUDIT' WHEN ${robot} THEN 'EXPORT' ELSE 'REBALANCE' END,
        CASE WHEN NOT ${finished} THEN 'PENDING'
          WHEN NOT ${robot} AND ${chance} < 100 THEN 'FAILED' ELSE 'SUCCEEDED' END,
        'operation-correlation-' || i,
        CASE WHEN i <= 300 THEN ${id('1')} WHEN i % 2 = 0 THEN ${id('i')} END, ${createdAt},
        CASE WHEN ${finished} THEN ${createdAt} END, CASE WHEN ${finished} THEN ${createdAt} END,
        '{"rows":1}' ${from(rows)}`,
    },
    // A tree of three branches each, and an entity that every tenth edge of late touches.
    {
      table: 'dpm_lineage_edges',
      columns: 'edge_id, source, edge_type, target, metadata, created_at',
      select: `SELECT ${id('i')},
        CASE WHEN i % 20 = 1 AND ${lately} THEN 'hub' ELSE 'node-' || (i / 3) END, 'DERIVED',
        CASE WHEN i % 20 = 2 AND ${lately} THEN 'hub' ELSE 'node-' || i END, '{}', ${createdAt} ${from(rows)}`,
    },
  ];
}
