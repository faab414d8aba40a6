import { answer, defineReasons } from '@holdfast/core/reasons';
import '../stores.reasons.js';

/** What the dpm store refuses. */
export const reasons = defineReasons({
  RUN_NOT_FOUND: answer(
    404,
    'There is no such run.',
    'Check the identifier, the correlation id or the request hash; old runs are deleted.',
  ),
  IDEMPOTENCY_KEY_NOT_FOUND: answer(
    404,
    'No run was recorded under this Idempotency-Key.',
    'Check the key, percent-encoded in the path; old runs are deleted with their keys.',
  ),
  RUN_EXISTS: answer(
    409,
    'There is another run with this rebalance_run_id.',
    'Leave rebalance_run_id out to have one made, or read the run that has it.',
  ),
  CORRELATION_ID_TAKEN: answer(
    409,
    'The correlation id is taken.',
    'Use a new correlation_id, or read what was recorded under this one.',
  ),
  WORKFLOW_NOT_REQUIRED: answer(
    409,
    'The run needs no review.',
    'Only runs that were recorded as PENDING_REVIEW take decisions.',
  ),
  DECISION_LIMIT_REACHED: answer(
    409,
    'The run has 1,000 decisions, the most that one run can have.',
    'Record a new run, and decide about that one.',
  ),
  DECISION_NOT_ALLOWED: answer(
    409,
    'The action is not allowed in the workflow status of the run.',
    'PENDING_REVIEW takes every action; APPROVED and REJECTED take REQUEST_CHANGES.',
  ),
  WORKFLOW_STATUS_CONFLICT: answer(
    409,
    'The workflow status of the run is not the expected one.',
    "Read the run's workflow again and decide anew.",
  ),
  OPERATION_NOT_FOUND: answer(
    404,
    'There is no such operation.',
    'Check operation_id or correlation_id.',
  ),
  OPERATION_MOVE_NOT_ALLOWED: answer(
    409,
    'The operation cannot go from its status to that one.',
    'Start an operation while it is PENDING, and finish it once while it is RUNNING.',
  ),
  LINEAGE_EDGE_CONFLICT: answer(
    409,
    'The edge exists with other metadata.',
    'Edges are never changed: send the metadata that it has, or use another edge_type.',
  ),
  LINEAGE_METADATA_TOO_LARGE: answer(
    413,
    'The metadata of the edge is too large.',
    'Keep the metadata to 64 KiB; keep documents elsewhere and name them.',
  ),
});

type Reasons = typeof reasons;

declare module '@holdfast/core/reasons' {
  interface ReasonCatalogue extends Reasons {}
}

export { ReasonError } from '@holdfast/core/reasons';
