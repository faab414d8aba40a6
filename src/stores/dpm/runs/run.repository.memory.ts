import { Injectable } from '@nestjs/common';
import { type Instant, isWithin } from '@holdfast/core/instant';
import { ALL, newestFirst, type Position } from '@holdfast/core/page';
import { type KeyOutcome, type KeyUse, positionOf, type Run, type RunSummary } from './run.js';
import { RunMemory } from './run.memory.js';
import {
  type IdempotencyKey,
  type RecordOutcome,
  type RunCount,
  type RunFilter,
  RunRepository,
} from './run.repository.js';

/** For development and tests: gone with the process. Documents are copied in and out. */
@Injectable()
export class MemoryRunRepository extends RunRepository {
  constructor(private readonly memory: RunMemory) {
    super();
  }

  async record(run: Run, key: IdempotencyKey | null): Promise<RecordOutcome> {
    await Promise.resolve();
    const { entries, correlations, keys } = this.memory;
    const known = key && keys.get(key.key);
    if (known) {
      const same = known.bodyHash === key.bodyHash;
      known.uses.push(useOf(run, key, same ? 'REPLAYED' : 'CONFLICT', known.rebalanceRunId));
      if (!same) return { outcome: 'conflict' };
      const named = entries.get(known.rebalanceRunId);
      if (!named) throw new TypeError('an idempotency key without its run');
      return { outcome: 'replayed', run: structuredClone(named.run) };
    }
    const { rebalanceRunId, correlationId } = run;
    if (entries.has(rebalanceRunId)) return { outcome: 'exists', field: 'rebalance_run_id' };
    if (correlations.has(correlationId)) return { outcome: 'exists', field: 'correlation_id' };
    entries.set(rebalanceRunId, {
      run: structuredClone(run),
      key: key?.key ?? null,
      decisions: [],
    });
    correlations.set(correlationId, rebalanceRunId);
    if (key) {
      const uses = [useOf(run, key, 'RECORDED', rebalanceRunId)];
      keys.set(key.key, { bodyHash: key.bodyHash, rebalanceRunId, uses });
    }
    return { outcome: 'recorded' };
  }

  async find(rebalanceRunId: string): Promise<Run | null> {
    await Promise.resolve();
    return this.#copy(rebalanceRunId);
  }

  async findByCorrelationId(correlationId: string): Promise<Run | null> {
    await Promise.resolve();
    return this.#copy(this.memory.correlations.get(correlationId));
  }

  async findByRequestHash(requestHash: string): Promise<Run | null> {
    const [newest] = await this.list({ requestHash }, 1);
    return this.#copy(newest?.rebalanceRunId);
  }

  async findByKey(idempotencyKey: string): Promise<Run | null> {
    await Promise.resolve();
    return this.#copy(this.memory.keys.get(idempotencyKey)?.rebalanceRunId);
  }

  async list(filter: RunFilter, limit: number, after?: Position): Promise<readonly RunSummary[]> {
    await Promise.resolve();
    return this.#runs()
      .filter((run) => matches(run, filter))
      .filter((run) => !after || newestFirst(after, positionOf(run)) < 0)
      .sort((one, other) => newestFirst(positionOf(one), positionOf(other)))
      .slice(0, limit)
      .map(({ result: _, ...summary }) => summary);
  }

  async keyHistory(idempotencyKey: string, limit = ALL, after = 0): Promise<readonly KeyUse[]> {
    await Promise.resolve();
    const uses = this.memory.keys.get(idempotencyKey)?.uses ?? [];
    return structuredClone(uses.slice(after, after + limit));
  }

  async keyHistoryOfRun(rebalanceRunId: string, limit = ALL): Promise<readonly KeyUse[]> {
    const key = this.memory.entries.get(rebalanceRunId)?.key ?? null;
    return key === null ? [] : this.keyHistory(key, limit);
  }

  async counts(since: readonly Instant[]): Promise<readonly RunCount[]> {
    await Promise.resolve();
    const counts = new Map<string, RunCount>();
    for (const { status, createdAt } of this.#runs()) {
      const found = since.findIndex((instant) => createdAt >= instant);
      const age = found === -1 ? since.length : found;
      const { count } = counts.get(`${status} ${age}`) ?? { count: 0 };
      counts.set(`${status} ${age}`, { status, age, count: count + 1 });
    }
    return [...counts.values()];
  }

  async countExpired(before: Instant): Promise<number> {
    await Promise.resolve();
    return this.#runs().filter(({ createdAt }) => createdAt < before).length;
  }

  async purge(before: Instant, limit: number): Promise<number> {
    await Promise.resolve();
    const oldest = this.#runs()
      .filter(({ createdAt }) => createdAt < before)
      .sort((one, other) => newestFirst(positionOf(other), positionOf(one)))
      .slice(0, limit);
    for (const run of oldest) this.#forget(run);
    return oldest.length;
  }

  #forget({ rebalanceRunId, correlationId }: Run): void {
    const { entries, correlations, keys, decisionIds } = this.memory;
    const { key, decisions } = entries.get(rebalanceRunId) ?? { key: null, decisions: [] };
    if (key !== null) keys.delete(key);
    for (const { decisionId } of decisions) decisionIds.delete(decisionId);
    correlations.delete(correlationId);
    entries.delete(rebalanceRunId);
  }

  #copy(rebalanceRunId: string | undefined): Run | null {
    if (rebalanceRunId === undefined) return null;
    return structuredClone(this.memory.entries.get(rebalanceRunId)?.run ?? null);
  }

  #runs(): Run[] {
    return [...this.memory.entries.values()].map(({ run }) => run);
  }
}

function useOf(
  run: Run,
  { key, bodyHash }: IdempotencyKey,
  outcome: KeyOutcome,
  rebalanceRunId: string,
): KeyUse {
  return {
    idempotencyKey: key,
    outcome,
    bodyHash,
    rebalanceRunId,
    correlationId: run.correlationId,
    occurredAt: run.createdAt,
  };
}

function matches(run: Run, filter: RunFilter): boolean {
  return (
    (filter.status === undefined || run.status === filter.status) &&
    (filter.portfolioId === undefined || run.portfolioId === filter.portfolioId) &&
    (filter.requestHash === undefined || run.requestHash === filter.requestHash) &&
    isWithin(run.createdAt, filter)
  );
}
