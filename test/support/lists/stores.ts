import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { SqlProposalRepository } from '../../../src/stores/advisory/proposal.repository.sql.js';
import { SqlDecisionRepository } from '../../../src/stores/dpm/decisions/decision.repository.sql.js';
import { SqlLineageRepository } from '../../../src/stores/dpm/lineage/lineage.repository.sql.js';
import { SqlOperationRepository } from '../../../src/stores/dpm/operations/operation.repository.sql.js';
import { SqlRunRepository } from '../../../src/stores/dpm/runs/run.repository.sql.js';
import { SqlPolicyPackRepository } from '../../../src/stores/policy-packs/policy-pack.repository.sql.js';

/** Every repository of one database. */
export class Stores {
  readonly proposals: SqlProposalRepository;
  readonly runs: SqlRunRepository;
  readonly decisions: SqlDecisionRepository;
  readonly operations: SqlOperationRepository;
  readonly lineage: SqlLineageRepository;
  readonly packs: SqlPolicyPackRepository;

  constructor(database: SqlDatabase) {
    this.proposals = new SqlProposalRepository(database);
    this.runs = new SqlRunRepository(database);
    this.decisions = new SqlDecisionRepository(database);
    this.operations = new SqlOperationRepository(database);
    this.lineage = new SqlLineageRepository(database);
    this.packs = new SqlPolicyPackRepository(database);
  }
}
