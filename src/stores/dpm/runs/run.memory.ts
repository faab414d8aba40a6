import type { Decision } from '../decisions/decision.js';
import type { KeyUse, Run } from './run.js';

export interface RunEntry {
  readonly run: Run;
  readonly key: string | null;
  readonly decisions: Decision[];
}

export interface KeyEntry {
  readonly bodyHash: string;
  readonly rebalanceRunId: string;
  readonly uses: KeyUse[];
}

/** What the repositories of runs and of decisions share in memory, as the databases share tables. */
export class RunMemory {
  readonly entries = new Map<string, RunEntry>();
  /** Identifiers of runs by correlation id. */
  readonly correlations = new Map<string, string>();
  readonly keys = new Map<string, KeyEntry>();
  readonly decisionIds = new Set<string>();
}
