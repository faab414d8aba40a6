import type { CreatedRange, Instant } from '@holdfast/core/instant';
import type { Position } from '@holdfast/core/page';
import { Purgeable } from '../../purgeable.js';
import type { KeyUse, Run, RunStatus, RunSummary } from './run.js';

/** The key under which a run may be sent again, and what was sent. */
export interface IdempotencyKey {
  readonly key: string;
  /** SHA-256 of the canonical body, in hexadecimal. */
  readonly bodyHash: string;
}

/** What two runs cannot share. */
export type TakenField = 'rebalance_run_id' | 'correlation_id';

export type RecordOutcome =
  | { readonly outcome: 'recorded' }
  /** The key was used for the same body before. */
  | { readonly outcome: 'replayed'; readonly run: Run }
  /** The key was used for another body. */
  | { readonly outcome: 'conflict' }
  /** There is another run with this identifier, or with this correlation id. */
  | { readonly outcome: 'exists'; readonly field: TakenField };

export interface RunFilter extends CreatedRange {
  readonly status?: RunStatus;
  readonly portfolioId?: string;
  readonly requestHash?: string;
}

/** Runs of one status in one age. */
export interface RunCount {
  readonly status: RunStatus;
  /** Index of the first of the given instants that the runs are not older than; their number for older ones. */
  readonly age: number;
  readonly count: number;
}

/** The port of the runs. Every method is atomic; what a write acknowledges is durable. */
export abstract class RunRepository extends Purgeable {
  /**
   * Stores a run, unless its key, identifier or correlation id is taken; the key is judged first.
   * Every use of a key that names a run is added to the history of the key. A run has one key at
   * most: the one under which it was recorded.
   */
  abstract record(run: Run, key: IdempotencyKey | null): Promise<RecordOutcome>;

  abstract find(rebalanceRunId: string): Promise<Run | null>;

  abstract findByCorrelationId(correlationId: string): Promise<Run | null>;

  /** The newest of the runs that share the hash. */
  abstract findByRequestHash(requestHash: string): Promise<Run | null>;

  abstract findByKey(idempotencyKey: string): Promise<Run | null>;

  /** Newest first, then by identifier, both descending. */
  abstract list(filter: RunFilter, limit: number, after?: Position): Promise<readonly RunSummary[]>;

  /**
   * In the order in which the key was used; empty for an unknown key.
   * @param limit all of them without it
   * @param after how many are left out before
   */
  abstract keyHistory(
    idempotencyKey: string,
    limit?: number,
    after?: number,
  ): Promise<readonly KeyUse[]>;

  /** The history of the key that names the run; empty for a run without a key. */
  abstract keyHistoryOfRun(rebalanceRunId: string, limit?: number): Promise<readonly KeyUse[]>;

  /**
   * How many runs there are by status and age, counted by the database; no entry where there is none.
   * @param since instants, latest first: age 0 is `createdAt >= since[0]`, and so on
   */
  abstract counts(since: readonly Instant[]): Promise<readonly RunCount[]>;
}
