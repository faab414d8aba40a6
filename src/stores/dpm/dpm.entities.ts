import { DecisionEntity } from './decisions/decision.entity.js';
import { EdgeEntity } from './lineage/edge.entity.js';
import { OperationEntity } from './operations/operation.entity.js';
import { DpmKeptAnswerEntity } from './kept-answer.entity.js';
import { LeaseEntity } from './purge/lease.entity.js';
import { KeyUseEntity } from './runs/key-use.entity.js';
import { RunKeyEntity } from './runs/run-key.entity.js';
import { RunEntity } from './runs/run.entity.js';

/** Every table of the store. */
export const dpmEntities = [
  RunEntity,
  RunKeyEntity,
  KeyUseEntity,
  DecisionEntity,
  OperationEntity,
  EdgeEntity,
  DpmKeptAnswerEntity,
  LeaseEntity,
];
