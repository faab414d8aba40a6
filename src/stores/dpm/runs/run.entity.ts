import {
  identifier,
  instant,
  integer,
  json,
  primary,
  text,
  withDefault,
} from '@holdfast/postgres/entities/column';
import { defineEntity } from '@holdfast/postgres/entities/define-entity';
import type { RunStatus } from './run.js';

export const RunEntity = defineEntity(
  'dpm_runs',
  {
    rebalanceRunId: primary(identifier()),
    correlationId: text(),
    /** The client's own hash of what it asked for; several runs may share it. */
    requestHash: text(),
    portfolioId: text(),
    status: text<RunStatus>(),
    result: json(),
    /** How many workflow decisions there are: the next one counts up, and so locks the run. */
    decisionsCount: withDefault(0, integer()),
    createdAt: instant(),
  },
  { uniques: [{ columns: ['correlationId'] }] },
);
