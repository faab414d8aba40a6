import { z } from 'zod';
import { lazySchema } from '@holdfast/nest/http/lazy-schema';
import { OPERATION_STATUSES } from '../operations/operation.js';
import { RUN_STATUSES } from '../runs/run.js';
import type { Summary } from './summary.js';
import type { SupportSummary } from './support-summary.service.js';

const ByAge = lazySchema(() =>
  z
    .strictObject({
      last_hour: z.int(),
      last_day: z.int(),
      last_7_days: z.int(),
      last_30_days: z.int(),
      older: z.int(),
    })
    .meta({ id: 'CountsByAge' }),
);

const countsOf = <Status extends string>(statuses: readonly Status[]) =>
  z.strictObject({
    total: z.int(),
    by_status: z.strictObject(countOf(statuses)),
    by_age: ByAge(),
  });

/** One count a status, by name: a record of an enumeration names its keys in no `properties`. */
function countOf<Status extends string>(statuses: readonly Status[]) {
  const counts = Object.fromEntries(statuses.map((status) => [status, z.int()]));
  return counts as Record<Status, z.ZodInt>;
}

export const SupportSummaryBody = lazySchema(() =>
  z
    .strictObject({
      generated_at: z.iso.datetime().meta({ example: '2026-11-21T12:00:00.000Z' }),
      runs: countsOf(RUN_STATUSES),
      operations: countsOf(OPERATION_STATUSES),
    })
    .meta({ id: 'SupportSummary' }),
);

export function supportSummaryBody(
  summary: SupportSummary,
): z.output<ReturnType<typeof SupportSummaryBody>> {
  return {
    generated_at: summary.generatedAt,
    runs: countsBody(summary.runs),
    operations: countsBody(summary.operations),
  };
}

function countsBody<Status extends string>(summary: Summary<Status>) {
  return { total: summary.total, by_status: summary.byStatus, by_age: summary.byAge };
}
