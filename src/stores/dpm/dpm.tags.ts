import type { ApiTag } from '@holdfast/nest/http/operation';

/** What the routes of the store are grouped by in the API's description. */
export const dpmTags = {
  runs: {
    name: 'runs',
    description:
      'Rebalancing runs: what was computed, how it was reviewed, and all that is known of one.',
  },
  operations: {
    name: 'operations',
    description: 'Asynchronous operations: from PENDING through RUNNING to SUCCEEDED or FAILED.',
  },
  workflow: { name: 'workflow', description: 'Decisions of reviewers, over all runs.' },
  lineage: { name: 'lineage', description: 'Which runs, orders and trades led to which others.' },
  summary: { name: 'summary', description: 'Counts for support, by status and by age.' },
} satisfies Readonly<Record<string, ApiTag>>;
