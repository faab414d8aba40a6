import type { OperationDescription } from '@holdfast/nest/http/operation';
import { decisionExample } from '../decisions/decisions.examples.js';
import {
  artifactExample,
  AT,
  EXAMPLE_ID,
  keyHistoryExample,
  runExample,
} from '../runs/runs.examples.js';
import { SupportBundleBody } from './support-bundle.responses.js';
import { SupportSummaryBody } from './support-summary.responses.js';

const { result: _, ...bundledArtifact } = artifactExample;

export const supportBundle: OperationDescription = {
  summary: 'Get all that is known about a run, as one document',
  description:
    'Lineage and operations are those of the run and of its correlation id, each once; lineage is oldest first; operations are newest first and without their results. Of each part there are at most 1000, and at most a quarter of what the run leaves of 1.75 MiB: where there are more, truncated says so, and their own lists have them all. The artifact is without its result, which is that of the run.',
  returns: {
    200: {
      description: 'The bundle.',
      schema: SupportBundleBody,
      example: {
        run: runExample,
        artifact: bundledArtifact,
        workflow: { workflow_status: 'APPROVED', decisions: [decisionExample], truncated: false },
        lineage: {
          items: [
            {
              edge_id: '5b0d4f7e-8a21-4c1e-9b0f-2a9d0a539c3b',
              source: EXAMPLE_ID,
              edge_type: 'PRODUCED',
              target: 'order-batch-17',
              metadata: {},
              created_at: AT,
            },
          ],
          truncated: false,
        },
        operations: { items: [], truncated: false },
        idempotency: keyHistoryExample.items.map((use) => ({
          idempotency_key: keyHistoryExample.idempotency_key,
          ...use,
        })),
        idempotency_truncated: false,
      },
    },
  },
  errors: ['RUN_NOT_FOUND'],
};

export const supportSummary: OperationDescription = {
  summary: 'Count runs and operations by status and by age',
  description:
    'Each age leaves out the ones before it: last_day counts what is older than an hour and not older than a day, so that the ages add up to the total, as the statuses do.',
  returns: {
    200: {
      description: 'The counts.',
      schema: SupportSummaryBody,
      example: {
        generated_at: AT,
        runs: {
          total: 3,
          by_status: { READY: 2, PENDING_REVIEW: 1, BLOCKED: 0 },
          by_age: { last_hour: 1, last_day: 2, last_7_days: 0, last_30_days: 0, older: 0 },
        },
        operations: {
          total: 0,
          by_status: { PENDING: 0, RUNNING: 0, SUCCEEDED: 0, FAILED: 0 },
          by_age: { last_hour: 0, last_day: 0, last_7_days: 0, last_30_days: 0, older: 0 },
        },
      },
    },
  },
};
