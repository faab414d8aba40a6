import { z } from 'zod';
import {
  identifier,
  IDENTIFIER_LENGTH,
  listFields,
  partFields,
  remark,
} from '@holdfast/nest/http/fields';
import { ACTIONS, WORKFLOW_STATUSES } from './decision.js';

const action = z.enum(ACTIONS);
const reasonCode = z.string().min(1).max(64);
const text = () => z.string().min(1).max(IDENTIFIER_LENGTH);

export const Decide = z
  .strictObject({
    action,
    reason_code: reasonCode.meta({ description: "The desk's own code of why." }),
    comment: remark(),
    actor_id: identifier(
      'Who decides. Where callers prove who they are it may be left out: it is them.',
    ),
    expected_status: z.enum(WORKFLOW_STATUSES).optional(),
  })
  .meta({ id: 'DecideRequest' });

/** Which of the decisions about one run. */
export const ListOfRun = z.strictObject(partFields);

export const ListDecisions = z.strictObject({
  rebalance_run_id: text().optional(),
  action: action.optional(),
  actor_id: text().optional(),
  reason_code: reasonCode.optional(),
  ...listFields,
});
