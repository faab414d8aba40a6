import { Injectable } from '@nestjs/common';
import type { Instant } from '@holdfast/core/instant';
import { OPERATION_STATUSES, type OperationStatus } from '../operations/operation.js';
import { OperationRepository } from '../operations/operation.repository.js';
import { RUN_STATUSES, type RunStatus } from '../runs/run.js';
import { RunRepository } from '../runs/run.repository.js';
import { agesAt, type Summary, summaryOf } from './summary.js';

export interface SupportSummary {
  readonly generatedAt: Instant;
  readonly runs: Summary<RunStatus>;
  readonly operations: Summary<OperationStatus>;
}

@Injectable()
export class SupportSummaryService {
  constructor(
    private readonly runs: RunRepository,
    private readonly operations: OperationRepository,
  ) {}

  async summary(): Promise<SupportSummary> {
    const generatedAt = new Date().toISOString();
    const since = agesAt(generatedAt);
    const [runs, operations] = await Promise.all([
      this.runs.counts(since),
      this.operations.counts(since),
    ]);
    return {
      generatedAt,
      runs: summaryOf(RUN_STATUSES, runs),
      operations: summaryOf(OPERATION_STATUSES, operations),
    };
  }
}
