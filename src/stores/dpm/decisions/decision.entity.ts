import {
  identifier,
  instant,
  integer,
  nullable,
  primary,
  text,
} from '@holdfast/postgres/entities/column';
import { defineEntity } from '@holdfast/postgres/entities/define-entity';
import type { Action } from './decision.js';

export const DecisionEntity = defineEntity(
  'dpm_workflow_decisions',
  {
    decisionId: primary(identifier()),
    rebalanceRunId: identifier(),
    /** 1, 2, 3, … within the run. */
    sequenceNo: integer(),
    action: text<Action>(),
    reasonCode: text(),
    comment: nullable(text()),
    actorId: text(),
    createdAt: instant(),
  },
  { uniques: [{ columns: ['rebalanceRunId', 'sequenceNo'] }] },
);
