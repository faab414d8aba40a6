import { createHash } from 'node:crypto';
import type { Decision } from '../../../src/stores/dpm/decisions/decision.js';
import type { DecisionRepository } from '../../../src/stores/dpm/decisions/decision.repository.js';
import type { KeyOutcome, KeyUse, Run, RunSummary } from '../../../src/stores/dpm/runs/run.js';
import type { IdempotencyKey, RunRepository } from '../../../src/stores/dpm/runs/run.repository.js';
import { newId } from '../new-id.js';

/** Two ports on the same data. */
export interface RunStore {
  readonly runs: RunRepository;
  readonly decisions: DecisionRepository;
}

export const NOON = '2026-11-21T12:00:00.000Z';

export const UNKNOWN = [
  'unknown',
  '',
  ' ',
  'constructor',
  '__proto__',
  `' OR '1'='1`,
  '%',
  ':key',
  '$1',
  '\u{1F600}',
  'x'.repeat(10_000),
];

export const AWKWARD_TEXTS: readonly (readonly [string, string])[] = [
  ['an empty text', ''],
  ['blanks around', '  text\t\n '],
  ['the word null', 'null'],
  ['a number', '0123.50'],
  ['SQL', `'); DROP TABLE dpm_runs; --`],
  ['parameters of statements', ':rebalanceRunId $1 ? ?1 @name :...ids'],
  ['escapes', String.raw`\ \\ \n \x00 \u0041 %25 E'\''`],
  ['control characters', '\u0001\u0008\u000b\u001f\u007f\u0085'],
  ['several scripts and directions', 'Größe Ωμέγα \u05d0\u202e\u05d1 漢字 e\u0301 é'],
  ['characters beyond the basic plane', '\u{1F600}\u{10FFFF}\u{1F468}\u200D\u{1F469}'],
  ['a byte order mark and separators', '\uFEFF\u2028\u2029\uFFFD\uFFFF'],
];

/** A run of which a test says what matters; identifiers are new unless they are given. */
export function aRun(draft: Partial<Run> = {}): Run {
  return {
    rebalanceRunId: newId('run'),
    correlationId: newId('correlation'),
    requestHash: 'hash-1',
    portfolioId: 'portfolio-1',
    status: 'PENDING_REVIEW',
    result: { trades: [] },
    createdAt: NOON,
    ...draft,
  };
}

export function aDecision(run: Run, sequenceNo: number, draft: Partial<Decision> = {}): Decision {
  return {
    decisionId: newId('decision'),
    rebalanceRunId: run.rebalanceRunId,
    sequenceNo,
    action: 'REQUEST_CHANGES',
    reasonCode: 'REASON_1',
    comment: null,
    actorId: 'actor-1',
    createdAt: NOON,
    ...draft,
  };
}

export function keyOf(key: string, body: unknown = 'body'): IdempotencyKey {
  return { key, bodyHash: createHash('sha256').update(JSON.stringify(body)).digest('hex') };
}

/** @param named the run that the key names, when it is not the one that was sent */
export function useOf(
  sent: Run,
  { key, bodyHash }: IdempotencyKey,
  outcome: KeyOutcome,
  named: Run = sent,
): KeyUse {
  return {
    idempotencyKey: key,
    outcome,
    bodyHash,
    rebalanceRunId: named.rebalanceRunId,
    correlationId: sent.correlationId,
    occurredAt: sent.createdAt,
  };
}

export function summaryOf({ result: _, ...summary }: Run): RunSummary {
  return summary;
}

/** All that the ports tell of a run. */
export async function recordOf({ runs, decisions }: RunStore, run: Run) {
  const { rebalanceRunId } = run;
  return {
    found: await runs.find(rebalanceRunId),
    byCorrelation: await runs.findByCorrelationId(run.correlationId),
    history: await runs.keyHistoryOfRun(rebalanceRunId),
    workflow: await decisions.ofRun(rebalanceRunId),
    listed: (await runs.list({}, 1000)).filter((each) => each.rebalanceRunId === rebalanceRunId),
    decided: await decisions.list({ rebalanceRunId }, 1000),
  };
}

export const NOTHING = {
  found: null,
  byCorrelation: null,
  history: [],
  workflow: null,
  listed: [],
  decided: [],
};

/** Changes everything that can be changed, at every depth. */
export function spoil(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    spoil(child);
    Reflect.set(value, key, 'spoilt');
  }
  Reflect.set(value, 'spoilt', 'spoilt');
}

/** Settles the work of many callers at once. */
export function many<T>(callers: number, call: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: callers }, (_, index) => call(index)));
}
