import { z } from 'zod';
import {
  document,
  identifier,
  IDENTIFIER_LENGTH,
  listFields,
  partFields,
} from '@holdfast/nest/http/fields';
import { RUN_STATUSES } from './run.js';

const status = z.enum(RUN_STATUSES);
const text = () => z.string().min(1).max(IDENTIFIER_LENGTH);

/** What follows `/rebalance/runs/` where other routes are as long as those of a run, or never reaches the service. */
const RESERVED = ['by-correlation', 'by-request-hash', 'idempotency', '.', '..'];

export const RecordRun = z
  .strictObject({
    rebalance_run_id: identifier('Identifier of the run; made when it is absent.')
      .refine((id) => !RESERVED.includes(id), 'is part of another route')
      .nullish(),
    correlation_id: identifier('Unique among runs.'),
    request_hash: identifier("The client's own hash of what it asked for; runs may share it."),
    portfolio_id: identifier('Portfolio that was rebalanced.'),
    status,
    result: document(),
  })
  .meta({ id: 'RecordRunRequest' });

export const ListRuns = z.strictObject({
  status: status.optional(),
  portfolio_id: text().optional(),
  request_hash: text().optional(),
  ...listFields,
});

/** Which of the uses of one key. */
export const ListUses = z.strictObject(partFields);

export const RunPath = z.strictObject({ rebalance_run_id: text() });

export const CorrelationPath = z.strictObject({ correlation_id: text() });

export const RequestHashPath = z.strictObject({ request_hash: text() });

export const KeyPath = z.strictObject({ idempotency_key: z.string().min(1).max(255) });
