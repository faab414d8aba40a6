import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ReasonError } from '../dpm.reasons.js';
import { hashDocument, hashJson } from '@holdfast/core/json';
import { type Page, readPage, type Position } from '@holdfast/core/page';
import { sequenceNoOf } from '../../sequence-number.js';
import { artifactOf, type RunArtifact } from './artifact.js';
import { type KeyUse, type Run, type RunSummary, positionOf } from './run.js';
import { type RunFilter, RunRepository } from './run.repository.js';

/** A use of a key, and which one it is: 1, 2, 3, … */
export interface NumberedUse extends KeyUse {
  readonly sequenceNo: number;
}

export interface RecordRequest extends Omit<Run, 'rebalanceRunId' | 'createdAt'> {
  /** Made when it is absent. */
  readonly rebalanceRunId?: string;
}

@Injectable()
export class RunsService {
  constructor(private readonly runs: RunRepository) {}

  /** @throws IDEMPOTENCY_KEY_CONFLICT, RUN_EXISTS, CORRELATION_ID_TAKEN, DOCUMENT_TOO_LARGE */
  async record(
    request: RecordRequest,
    idempotencyKey: string | null,
  ): Promise<{ readonly run: Run; readonly replayed: boolean }> {
    const { result, ...fields } = request;
    // Of what was sent: an identifier that is made here would differ each time.
    const bodyHash = hashJson({ ...fields, resultHash: await hashDocument(result) });
    const run: Run = {
      rebalanceRunId: randomUUID(),
      ...request,
      createdAt: new Date().toISOString(),
    };
    const key = idempotencyKey === null ? null : { key: idempotencyKey, bodyHash };
    const outcome = await this.runs.record(run, key);
    switch (outcome.outcome) {
      case 'recorded':
        return { run, replayed: false };
      case 'replayed':
        return { run: outcome.run, replayed: true };
      case 'conflict':
        throw new ReasonError('IDEMPOTENCY_KEY_CONFLICT');
      case 'exists':
        throw new ReasonError(
          outcome.field === 'rebalance_run_id' ? 'RUN_EXISTS' : 'CORRELATION_ID_TAKEN',
        );
    }
  }

  /** @throws RUN_NOT_FOUND */
  async get(rebalanceRunId: string): Promise<Run> {
    return (await this.runs.find(rebalanceRunId)) ?? notFound('RUN_NOT_FOUND');
  }

  /** @throws RUN_NOT_FOUND */
  async getByCorrelationId(correlationId: string): Promise<Run> {
    return (await this.runs.findByCorrelationId(correlationId)) ?? notFound('RUN_NOT_FOUND');
  }

  /** The newest of them. @throws RUN_NOT_FOUND */
  async getByRequestHash(requestHash: string): Promise<Run> {
    return (await this.runs.findByRequestHash(requestHash)) ?? notFound('RUN_NOT_FOUND');
  }

  /** @throws IDEMPOTENCY_KEY_NOT_FOUND */
  async getByKey(idempotencyKey: string): Promise<Run> {
    return (await this.runs.findByKey(idempotencyKey)) ?? notFound('IDEMPOTENCY_KEY_NOT_FOUND');
  }

  /** Oldest first. @throws IDEMPOTENCY_KEY_NOT_FOUND */
  async keyHistory(
    idempotencyKey: string,
    limit: number,
    after?: number,
  ): Promise<Page<NumberedUse>> {
    const read = async (most: number, given = 0): Promise<readonly NumberedUse[]> => {
      const uses = await this.runs.keyHistory(idempotencyKey, most, given);
      return uses.map((use, index) => ({ ...use, sequenceNo: given + index + 1 }));
    };
    const page = await readPage<NumberedUse, number>(limit, after, read, sequenceNoOf);
    if (page.items.length === 0) await this.getByKey(idempotencyKey);
    return page;
  }

  async list(filter: RunFilter, limit: number, after?: Position): Promise<Page<RunSummary>> {
    return readPage(limit, after, (...page) => this.runs.list(filter, ...page), positionOf);
  }

  /** @throws RUN_NOT_FOUND */
  async artifact(rebalanceRunId: string): Promise<RunArtifact> {
    return artifactOf(await this.get(rebalanceRunId));
  }
}

function notFound(code: 'RUN_NOT_FOUND' | 'IDEMPOTENCY_KEY_NOT_FOUND'): never {
  throw new ReasonError(code);
}
